/** Versions of git that matter here: major and minor number. */
export type GitVersion = readonly [major: number, minor: number];

/** Older ones are refused. */
export const oldestGit: GitVersion = [2, 36];

/** git runs hooks of its configuration since 2.54. */
export function runsConfiguredHooks(version: GitVersion): boolean {
  return !isOlder(version, [2, 54]);
}

export function isOlder([major = 0, minor = 0]: readonly number[], than: GitVersion): boolean {
  return major < than[0] || (major === than[0] && minor < than[1]);
}
