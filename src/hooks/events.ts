/** The events of git that our hooks answer; `post-checkout` offers, the others guard. */
export const hookEvents = ['post-checkout', 'pre-commit', 'pre-merge-commit', 'pre-push'] as const;
export type HookEvent = (typeof hookEvents)[number];
