/** Guards of what is shown, and of what is read. */
import { guardsOf } from './guard.ts';
import type { Guard } from './guard.ts';

const TEXTS = [
  ...guardsOf(
    'src/edges/runner-text.ts',
    ['test/edges/runner-text.test.ts'],
    [
      ['log commands', ".replace(/^(\\s*):(?=:)/gm, '$1: ')", ''],
      ['old log commands', ".replaceAll('##[', '## [')", ''],
      [
        'what cannot be seen',
        '.replace(UNSEEN, (char) => `\\\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`)',
        '',
      ],
      ['one line', ".replace(/\\s*\\n\\s*/g, ' ')", ''],
    ],
  ),
  ...guardsOf(
    'src/edges/runner.ts',
    ['test/edges/runner.test.ts', 'test/edges/runner-files.test.ts'],
    [
      ['masks', 'core.setSecret(form);', ';'],
      ['base64', "Buffer.from(plain).toString('base64'),", ''],
      ['URL-encoded', 'encodeURIComponent(plain.toWellFormed()),', ''],
      ['secrets in lines', 'core.info(harmless(this.redact(text)))', 'core.info(harmless(text))'],
      [
        'commands in lines',
        'core.info(harmless(this.redact(text)))',
        'core.info(this.redact(text))',
      ],
      [
        'secrets in outputs',
        'core.setOutput(name, this.redact(value))',
        'core.setOutput(name, value)',
      ],
      ['secrets in the summary', 'cutMarkdown(this.redact(markdown)', 'cutMarkdown(markdown'],
      [
        'secrets in problems',
        'harmless(this.redact(problemText(problem)))',
        'harmless(problemText(problem))',
      ],
      [
        'size of the summary',
        'const LARGEST_SUMMARY = 256 * 1024',
        'const LARGEST_SUMMARY = 2048 * 1024',
      ],
    ],
  ),
  ...guardsOf(
    'src/core/report/markdown.ts',
    ['test/unit/markdown.test.ts'],
    [
      [
        'the fence is longer',
        "const fence = '`'.repeat(longestRun(shown) + 1)",
        "const fence = '`'",
      ],
      ['the fence of a block is longer', "Math.max(3, longestRun(shown.join('\\n')) + 1)", '3'],
      ['lines of a block', 'const shown = lines.map(visible)', 'const shown = lines'],
      [
        'what cannot be seen',
        'cutBytes(visible(cutBytes(text, maxBytes)), maxBytes)',
        'cutBytes(text, maxBytes)',
      ],
      ['words that GitHub links', ' && !LINKED_BY_ITSELF.test(core + after)', ''],
      ['pipes', '`${slashes}${slashes}\\\\|`', '`${slashes}|`'],
      ['links of ours', 'return isOurUrl(url) ? ', 'return true ? '],
      ['lists', 'isWord && !isListMark', 'isWord'],
      ['limits are bytes', 'byteLength(text) <= max', 'text.length <= max'],
    ],
  ),
];

const DOCUMENTS = [
  ...guardsOf(
    'src/edges/json.ts',
    ['test/edges/json.test.ts'],
    [
      ['no prototype', "|| key === '__proto__'", ''],
      ['no key twice', "if (keys.has(key)) throw badJson('holds the same key twice');", ''],
      ['depth', 'open.length > MAX_DEPTH', 'false'],
      ['own keys alone', '|| !Object.hasOwn(object, key)', ''],
    ],
  ),
  ...guardsOf(
    'src/edges/service-yaml.ts',
    ['test/edges/service-file.test.ts'],
    [
      ['fields of objects', 'if (FORBIDDEN.includes(name))', 'if (false)'],
      ['aliases of aliases', 'this.#count > MOST_NODES', 'false'],
      ['depth', 'level > MOST_LEVELS', 'false'],
      ['no key twice', 'if (found.has(name))', 'if (false)'],
      ['no tags', 'if (node.tag !== undefined) {', 'if (false) {'],
    ],
  ),
  ...guardsOf(
    'src/edges/service-file.ts',
    ['test/edges/service-file.test.ts'],
    [
      ['inside the workspace', 'if (!isOutside) return', 'if (true) return'],
      ['256 KiB', 'mostBytes: MOST_BYTES', 'mostBytes: 2 * MOST_BYTES'],
    ],
  ),
  ...guardsOf(
    'src/edges/google-credential-file.ts',
    ['test/edges/google-credential-file.test.ts'],
    [['64 KiB', 'mostBytes: MOST_BYTES', 'mostBytes: 2 * MOST_BYTES']],
  ),
  ...guardsOf(
    'src/edges/file.ts',
    ['test/edges/service-file.test.ts', 'test/edges/google-credential-file.test.ts'],
    [
      ['no wait', ' | constants.O_NONBLOCK', ''],
      ['files alone', '!facts.isFile()', 'false'],
      ['no more than is allowed', 'length > mostBytes)', 'false)'],
      ['UTF-8', 'fatal: true', 'fatal: false'],
    ],
  ),
  ...guardsOf(
    'src/edges/runner-state.ts',
    ['test/edges/runner-files.test.ts'],
    [
      ['names of the service', '/^[a-z0-9][a-z0-9.:-]{0,99}$/', '/^/'],
      ['names of check runs', '/^[^\\p{Cc}]{1,100}$/u', '/^/u'],
      ['ids', '/^[\\w-]{1,64}$/', '/^/'],
    ],
  ),
  ...guardsOf(
    'src/core/inputs/input-table.ts',
    ['test/unit/inputs-hostile.test.ts'],
    [['values of private inputs', 'return PRIVATE.includes(name)', 'return false']],
  ),
  ...guardsOf(
    'src/edges/runner-context.ts',
    ['test/edges/runner-context.test.ts'],
    [
      ['commits', 'COMMIT.test(head) ? head', 'true ? head'],
      ['addresses of links', '/^https?:\\/\\/[\\w.:-]+$/.test(text', '/^/.test(text'],
      ['forks', "at(head, 'repo', 'id') !== repositoryId", 'false'],
    ],
  ),
];

export const TEXT_GUARDS: readonly Guard[] = [...TEXTS, ...DOCUMENTS];
