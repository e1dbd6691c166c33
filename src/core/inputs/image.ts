/** Grammar of image references, as the OCI distribution reference describes it. */
import { refused, taken } from './parsed.ts';
import type { Parsed } from './parsed.ts';

export type Image = {
  readonly reference: string;
  /** The reference may mean another image tomorrow, by no one's deliberate act. */
  readonly isFloating: boolean;
};

const EXAMPLE = 'such as `us-docker.pkg.dev/PROJECT/REPOSITORY/web@sha256:…` or `…/web:v1`';

export function parseImage(text: string): Parsed<Image> {
  if (/\s/.test(text)) return refused(text, 'holds a space', `Write one image, ${EXAMPLE}.`);
  if (text.includes('://')) {
    return refused(text, 'is a URL', 'Leave out the scheme: an image starts with its registry.');
  }
  const [named = '', digest, ...more] = text.split('@');
  if (more.length > 0) return refused(text, 'has two digests', `Write one image, ${EXAMPLE}.`);
  const colon = named.lastIndexOf(':');
  const isTagged = colon > named.lastIndexOf('/');
  const name = isTagged ? named.slice(0, colon) : named;
  const tag = isTagged ? named.slice(colon + 1) : null;
  const wrong = digestFault(text, digest) ?? tagFault(text, tag) ?? nameFault(text, name);
  if (wrong !== null) return wrong;
  const isFloating = digest === undefined && (tag === null || tag === 'latest');
  return taken({ reference: text, isFloating });
}

function digestFault(text: string, digest: string | undefined): Parsed<never> | null {
  if (digest === undefined || /^sha256:[0-9a-f]{64}$/.test(digest)) return null;
  const advice = 'Write `@sha256:` and 64 hex digits, or nothing; was a step output empty?';
  return refused(text, digest === '' ? 'ends in an empty digest' : 'has a broken digest', advice);
}

function tagFault(text: string, tag: string | null): Parsed<never> | null {
  if (tag === null || /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(tag)) return null;
  if (tag === '') {
    return refused(
      text,
      'ends in an empty tag',
      'Write the tag after the colon; was the expression that makes it empty?',
    );
  }
  return refused(
    text,
    'has a tag that no registry accepts',
    'Write letters, digits, `_`, `.` and `-` after the colon, at most 128.',
  );
}

const HOST =
  /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*(?::[0-9]{1,5})?$/;
const COMPONENT = /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*$/;

function nameFault(text: string, name: string): Parsed<never> | null {
  if (name.length > 255) {
    return refused(
      text,
      'is too long',
      'Write registry and repository with at most 255 characters.',
    );
  }
  const parts = name.split('/');
  const [first = ''] = parts;
  const hasHost = parts.length > 1 && /[.:]/.test(first);
  const repository = hasHost ? parts.slice(1) : parts;
  if (parts.includes('')) {
    return refused(
      text,
      'has an empty part',
      `Write registry, repository and name, ${EXAMPLE}; was a variable empty?`,
    );
  }
  if (hasHost && !HOST.test(first)) {
    return refused(text, 'has a broken registry host', `Write an image ${EXAMPLE}.`);
  }
  if (repository.every((part) => COMPONENT.test(part))) return null;
  if (repository.every((part) => COMPONENT.test(part.toLowerCase()))) {
    return refused(
      text,
      'has upper-case letters in its repository',
      'Registries know lower case only: write the image as it was pushed.',
    );
  }
  return refused(text, 'is not an image reference', `Write an image ${EXAMPLE}.`);
}
