/** What no name may get through: it would change a URL, a filter or a command. */
export const HOSTILE = [
  '..',
  'a/../b',
  'a%2fb',
  'a b',
  'a\nb',
  'web\n',
  'a"b',
  "a'b",
  'a;rm -rf',
  '$(id)',
  '`id`',
  'wéb',
  'wеb', // Cyrillic е
  'a\u202eb',
  'a\0b',
  '--flag',
  'x'.repeat(10_000),
  '__proto__',
];
