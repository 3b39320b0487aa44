import path from 'node:path';
import { expect, it } from 'vitest';
import { isInside } from '../src/paths.ts';

const root = path.resolve('/work/tree');

it.each(['.', 'a', 'a/b', '..x', '..x/a', '...', 'a/../b', ' ', '-'])('has %j inside', (place) => {
  expect(isInside(root, path.join(root, place))).toBe(true);
});

it.each(['..', '../tree2', '../tree2/a', '../..', '../a', 'a/../..'])('has %j outside', (place) => {
  expect(isInside(root, path.join(root, place))).toBe(false);
});

it('has nothing outside the root of all', () => {
  expect(isInside(path.parse(root).root, root)).toBe(true);
});
