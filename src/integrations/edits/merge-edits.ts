import type { Edit, FileEdit, FileState, HookSurroundings } from '../integration.ts';

/** The surroundings as they will be once the edits are made, so that further ones can be planned. */
export function afterEdits(now: HookSurroundings, edits: readonly Edit[]): HookSurroundings {
  const planned = new Map(
    edits.flatMap((edit): [string, FileState][] =>
      edit.kind === 'file' ? [[edit.target, edit.after]] : [],
    ),
  );
  const values = new Map(
    edits.flatMap((edit): [string, readonly string[]][] =>
      edit.kind === 'config' ? [[edit.target, edit.after]] : [],
    ),
  );
  return {
    ...now,
    read: (file) => (planned.has(file) ? planned.get(file) : now.read(file)),
    configured: (key) => values.get(key) ?? now.configured(key),
  };
}

/** One edit for each file, where several were planned one upon the other. */
export function mergeEdits(edits: readonly Edit[]): readonly Edit[] {
  const merged: Edit[] = [];
  for (const edit of edits) {
    const at = merged.findIndex((one) => one.kind === 'file' && one.target === edit.target);
    const earlier = merged[at];
    if (edit.kind === 'file' && earlier?.kind === 'file') merged[at] = both(earlier, edit);
    else merged.push(edit);
  }
  return merged;
}

function both(first: FileEdit, next: FileEdit): FileEdit {
  const about = first.about === next.about ? next.about : `${first.about}; ${next.about}`;
  return { ...next, before: first.before, about };
}
