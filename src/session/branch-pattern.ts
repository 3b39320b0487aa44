/**
 * Whether a branch's name matches a pattern, as git's `includeIf "onbranch:…"` reads it
 * (git-config(1)): `*` and `?` stop at `/`, a `**` that stands alone between slashes or at either
 * end does not, a pattern that ends in `/` means everything below. `[…]` is no class; `\` takes the
 * next character as it is. The time is bounded by the product of the lengths, whatever the pattern.
 */
export function matchesBranch(pattern: string, branch: string): boolean {
  const steps = stepsOf(pattern.endsWith('/') ? `${pattern}**` : pattern);
  let reached = new Uint8Array(steps.length + 2);
  reached[0] = 1;
  goThroughEmpty(steps, reached);
  for (const character of branch) {
    reached = afterOne(steps, reached, character);
    if (!reached.includes(1)) return false;
    goThroughEmpty(steps, reached);
  }
  return reached[steps.length] === 1;
}

/** What stands at one place of a pattern. */
type Step =
  | { readonly kind: 'character'; readonly character: string }
  /** `?` */
  | { readonly kind: 'one' }
  /** `*` */
  | { readonly kind: 'many' }
  /** `**` at the end. */
  | { readonly kind: 'all' }
  /** `**` before a slash: whole parts of a name, before one of them, and `within` one. */
  | { readonly kind: 'parts' }
  | { readonly kind: 'within' };

const token = /(?<![^/])\*\*\/|\*+|\\.|./gsu;

function stepsOf(pattern: string): readonly Step[] {
  const texts = Array.from(pattern.matchAll(token), ([text]) => text);
  return texts.flatMap((text, index): Step[] => {
    if (text === '**/') return [{ kind: 'parts' }, { kind: 'within' }];
    if (text === '?') return [{ kind: 'one' }];
    if (!text.startsWith('*'))
      return [{ kind: 'character', character: text.replace(/^\\(?=.)/, '') }];
    const isLast = index === texts.length - 1;
    const isAlone = text === '**' && (texts[index - 1] ?? '/').endsWith('/');
    return [{ kind: isLast && isAlone ? 'all' : 'many' }];
  });
}

/** Also reaches what lies ahead of the places reached, where no character need be taken. */
function goThroughEmpty(steps: readonly Step[], reached: Uint8Array): void {
  for (const [at, { kind }] of steps.entries()) {
    if (reached[at] !== 1) continue;
    if (kind === 'many' || kind === 'all') reached[at + 1] = 1;
    if (kind === 'parts') reached[at + 2] = 1;
  }
}

function afterOne(
  steps: readonly Step[],
  reached: Uint8Array,
  character: string,
): Uint8Array<ArrayBuffer> {
  const next = new Uint8Array(reached.length);
  for (const [at, step] of steps.entries()) {
    const by = reached[at] === 1 ? landing(step, character) : undefined;
    if (by !== undefined) next[at + by] = 1;
  }
  return next;
}

/** How far a character leads from a step; undefined when it does not fit. */
function landing(step: Step, character: string): number | undefined {
  const isSlash = character === '/';
  switch (step.kind) {
    case 'character':
      return step.character === character ? 1 : undefined;
    case 'one':
      return isSlash ? undefined : 1;
    case 'many':
      return isSlash ? undefined : 0;
    case 'all':
      return 0;
    case 'parts':
      return isSlash ? 0 : 1;
    case 'within':
      return isSlash ? -1 : 0;
  }
}
