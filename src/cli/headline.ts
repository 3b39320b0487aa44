const longest = 100;

/** A message as it stands beside other things: its first line, cut with `…` where there is more. */
export function headline(message: string): string {
  const [first = '', ...more] = message.trim().split('\n', 2);
  const characters = [...first.slice(0, 2 * longest)];
  if (characters.length > longest) return `${characters.slice(0, longest - 1).join('')}…`;
  return more.length > 0 ? `${first} …` : first;
}
