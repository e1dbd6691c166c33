/** Expressions mean what they mean to GitHub. */
import { expect, test } from 'vitest';
import { holds, interpolate, valueOf } from './expression.ts';
import { legsOf } from './matrix.ts';

const scope = {
  contexts: { github: { ref: 'refs/heads/main' }, inputs: { on: true, n: 3 }, needs: {} },
  status: { success: true, failure: false, cancelled: false },
};

test.each([
  ['plain', 'plain'],
  ['a ${{ github.ref }} b ${{ inputs.n }}', 'a refs/heads/main b 3'],
  ["${{ format('{0}}}', inputs.on) }}", 'true}'],
  ["${{ inputs.nothing || 'else' }}", 'else'],
  ['${{ inputs.nothing }}', ''],
])('%j is %j', (text, value) => {
  expect(interpolate(text, scope)).toBe(value);
});

test('an expression that does not end is refused', () => {
  expect(() => interpolate('${{ github.ref', scope)).toThrow('No expression');
});

test('one expression alone keeps its type', () => {
  expect(valueOf('${{ fromJSON(\'{"n":[1,2]}\') }}', scope)).toEqual({ n: [1, 2] });
});

test.each([
  [null, true],
  ["github.ref == 'refs/heads/main'", true],
  ["${{ github.ref == 'x' }}", false],
  ['failure()', false],
  ['always()', true],
  ["contains(github.ref, 'failure()')", false],
  ['inputs.nothing', false],
  ["'0'", true],
  ['0', false],
])('the condition %j is %j', (condition, value) => {
  expect(holds(condition, scope)).toBe(value);
});

test('a condition without a status function asks for success', () => {
  const failed = { ...scope, status: { success: false, failure: true, cancelled: false } };
  expect(holds("github.ref == 'refs/heads/main'", failed)).toBe(false);
  expect(holds("github.ref == 'refs/heads/main' && !cancelled()", failed)).toBe(true);
});

test.each([
  [null, [{}]],
  [
    { a: [1, 2], b: ['x'] },
    [
      { a: 1, b: 'x' },
      { a: 2, b: 'x' },
    ],
  ],
  [{ include: [{ a: 1 }, { b: 2 }] }, [{ a: 1 }, { b: 2 }]],
  [{ a: [1, 2], include: [{ a: 2, c: 3 }, { a: 4 }] }, [{ a: 1 }, { a: 2, c: 3 }, { a: 4 }]],
])('the matrix %j has the jobs %j', (matrix, legs) => {
  expect(legsOf(matrix)).toEqual(legs);
});
