import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseImage } from '../../src/core/inputs/image.ts';

const DIGEST = `sha256:${'0a'.repeat(32)}`;

test.each([
  ['us-docker.pkg.dev/demo/app/web:v1', false],
  [`us-docker.pkg.dev/demo/app/web@${DIGEST}`, false],
  [`us-docker.pkg.dev/demo/app/web:latest@${DIGEST}`, false],
  ['us-docker.pkg.dev/demo/app/web:latest', true],
  ['us-docker.pkg.dev/demo/app/web', true],
  ['gcr.io/example.com/my-project/web:v1', false],
  ['localhost:5000/web:v1', false],
  ['localhost/web:v1', false],
  ['nginx', true],
  ['web:5000', false],
  ['sandbox/app:errors-5', false],
  ['a.b/c__d/e---f.g_h:_x', false],
  ['Registry.Example/web:V1', false],
])('%s is an image; whether it is floating: %s', (text, isFloating) => {
  expect(parseImage(text)).toEqual({ ok: true, value: { reference: text, isFloating } });
});

test.each([
  ['https://gcr.io/demo/web:v1', 'is a URL', 'Leave out the scheme'],
  ['docker://web', 'is a URL', 'Leave out the scheme'],
  ['gcr.io/demo/web :v1', 'holds a space', 'one image'],
  ['gcr.io/demo/web:v1\ngcr.io/demo/web:v2', 'holds a space', 'one image'],
  ['gcr.io/demo/web:', 'ends in an empty tag', 'expression'],
  ['gcr.io/demo/web@', 'ends in an empty digest', 'step output'],
  ['gcr.io/demo/web:v1@', 'ends in an empty digest', 'step output'],
  ['gcr.io/demo/web@sha256:abc', 'has a broken digest', '64 hex digits'],
  [`gcr.io/demo/web@${DIGEST.toUpperCase()}`, 'has a broken digest', '64 hex digits'],
  [`gcr.io/demo/web@md5:${'0'.repeat(64)}`, 'has a broken digest', '64 hex digits'],
  [`gcr.io/demo/web@${DIGEST}@${DIGEST}`, 'has two digests', 'one image'],
  ['gcr.io/demo/web:feature+1', 'has a tag that no registry accepts', '`_`, `.` and `-`'],
  ['gcr.io/demo/web:-x', 'has a tag that no registry accepts', 'letters'],
  [`web:${'x'.repeat(129)}`, 'has a tag that no registry accepts', 'at most 128'],
  ['gcr.io/demo/Web:v1', 'has upper-case letters in its repository', 'lower case'],
  ['gcr.io//web:v1', 'has an empty part', 'variable'],
  ['/web:v1', 'has an empty part', 'variable'],
  ['gcr.io/demo/:v1', 'has an empty part', 'variable'],
  [':v1', 'has an empty part', 'variable'],
  ['gcr.io:port/web:v1', 'has a broken registry host', 'us-docker.pkg.dev'],
  ['-gcr.io/web:v1', 'has a broken registry host', 'us-docker.pkg.dev'],
  ['evil.example:80:90/web', 'has a broken registry host', 'us-docker.pkg.dev'],
  ['gcr.io/demo/../web', 'is not an image reference', 'us-docker.pkg.dev'],
  ['gcr.io/demo/web%2f:v1', 'is not an image reference', 'us-docker.pkg.dev'],
  ['gcr.io/demo/wéb:v1', 'is not an image reference', 'us-docker.pkg.dev'],
  ['gcr.io/${PROJECT}/web', 'is not an image reference', 'us-docker.pkg.dev'],
  ['gcr.io/demo/web`id`', 'is not an image reference', 'us-docker.pkg.dev'],
  ['a-/web', 'is not an image reference', 'us-docker.pkg.dev'],
  ['-', 'is not an image reference', 'us-docker.pkg.dev'],
  ['x'.repeat(256), 'is too long', '255'],
])('%j is refused: %s', (text, wrong, advice) => {
  expect(parseImage(text)).toEqual({
    ok: false,
    faults: [{ value: text, wrong, advice: expect.stringContaining(advice) }],
  });
});

test('hostile lengths are answered at once', () => {
  const started = performance.now();
  for (const text of [`${'a-'.repeat(200_000)}!`, 'a/'.repeat(200_000), `a:${'b'.repeat(1e6)}`]) {
    expect(parseImage(text).ok).toBe(false);
  }
  expect(performance.now() - started).toBeLessThan(4000);
});

test('whatever is taken is one plain word', () => {
  const piece = fc.constantFrom('gcr.io', '/', ':', '@', 'web', 'v1', DIGEST, '-', '_', '.', 'É');
  const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(fc.oneof(text, fc.string({ unit: 'binary' })), (text) => {
      const parsed = parseImage(text);
      const reference = parsed.ok ? parsed.value.reference : 'web';
      expect(reference).toMatch(/^[A-Za-z0-9][A-Za-z0-9._:/@-]*$/);
    }),
  );
});
