/** What a step says on its output: `::name key=value::data`, and everything else. */

type Level = 'error' | 'warning' | 'notice' | 'debug';

export type Annotation = {
  readonly level: Level;
  readonly message: string;
  readonly properties: Readonly<Record<string, string>>;
};

export type Listener = {
  /** One line as the log shows it. */
  readonly show: (line: string) => void;
  readonly annotate: (annotation: Annotation) => void;
  readonly mask: (secret: string) => void;
};

type Command = {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
};

const LEVELS: readonly Level[] = ['error', 'warning', 'notice', 'debug'];
const KNOWN: readonly string[] = [...LEVELS, 'add-mask', 'group', 'endgroup', 'stop-commands'];

/** Reads one line after the other; remembers only whether commands are stopped. */
export function lineReader(listener: Listener): (line: string) => void {
  let resume: string | null = null;
  return (line) => {
    const command = parseCommand(line, resume === null ? KNOWN : [resume]);
    if (command === null) listener.show(line);
    else if (resume !== null) resume = null;
    else if (command.name === 'stop-commands') resume = command.data;
    else obey(command, listener);
  };
}

function obey({ name, data, properties }: Command, listener: Listener): void {
  const level = LEVELS.find((one) => one === name);
  if (name === 'add-mask') listener.mask(data);
  else if (level === undefined) listener.show(`##[${name}]${data}`);
  else {
    listener.annotate({ level, message: data, properties });
    listener.show(`##[${level}]${data}`);
  }
}

/**
 * `::name key=value,…::data` at the start of a line, or the older `##[name key=value;…]data`, which
 * the runner looks for anywhere in it. Anything else is text, whatever it looks like.
 */
function parseCommand(line: string, names: readonly string[]): Command | null {
  const now = /^\s*::([^\s:]+)(?: (.*?))?::(.*)$/.exec(line);
  if (now !== null && names.includes(now[1] ?? '')) return command(now, ',', unescapeData);
  const older = /##\[([^\s\]]+)(?: ([^\]]*))?\](.*)$/.exec(line);
  if (older !== null && names.includes(older[1] ?? '')) return command(older, ';', unescapeAll);
  return null;
}

function command(
  [, name = '', properties = '', data = '']: RegExpExecArray,
  separator: string,
  unescape: (text: string) => string,
): Command {
  const pairs = properties
    .split(separator)
    .map((pair) => pair.trim())
    .filter((pair) => pair.includes('='))
    .map((pair): [string, string] => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at), unescapeAll(pair.slice(at + 1))];
    });
  return { name, properties: Object.fromEntries(pairs), data: unescape(data) };
}

function unescapeData(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}

function unescapeAll(text: string): string {
  const plain = { '%0D': '\r', '%0A': '\n', '%3A': ':', '%2C': ',', '%3B': ';', '%5D': ']' };
  const whole = Object.entries(plain).reduce((out, [from, to]) => out.replaceAll(from, to), text);
  return whole.replaceAll('%25', '%');
}

/** Hides what it has been told to hide, from then on. */
export class Masks {
  readonly #secrets: string[] = [];

  add(secret: string): void {
    const lines = secret.split(/\r?\n/).map((line) => line.trim());
    this.#secrets.push(...[secret, ...lines].filter((text) => text !== ''));
    this.#secrets.sort((a, b) => b.length - a.length);
  }

  hide(text: string): string {
    return this.#secrets.reduce((hidden, secret) => hidden.replaceAll(secret, '***'), text);
  }
}
