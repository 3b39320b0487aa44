/** The project uses itself: its own hooks carry the blocks that `init` would put there. */

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { hookBlock } from '../../src/hooks/blocks.ts';
import { hookEvents } from '../../src/hooks/events.ts';

it.each(hookEvents)("begins this project's own %s with the block of this version", (event) => {
  const own = readFileSync(new URL(`../../.husky/${event}`, import.meta.url), 'utf8');
  expect(own.startsWith(hookBlock(event))).toBe(true);
});
