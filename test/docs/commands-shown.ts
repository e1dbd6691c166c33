/** The commands of a script as a reader would type them, and whether gcloud has them. */

/** Commands and flags of gcloud 528 that the documents show. */
const GCLOUD: Readonly<Record<string, string>> = {
  'run deploy': 'image no-traffic revision-suffix region project',
  'beta run deploy': '',
  'beta run services update': 'region default-url',
  'run services add-iam-policy-binding': 'region project member role',
  'run services describe': 'region project format',
  'run services replace': 'region project',
  'run services update': 'region project update-annotations update-env-vars no-traffic',
  'run services update-traffic': 'region project to-revisions to-latest',
  'iam service-accounts add-iam-policy-binding': 'project member role',
  'iam workload-identity-pools providers describe': 'location project workload-identity-pool',
  'iam roles update': 'project add-permissions',
  'projects add-iam-policy-binding': 'member role condition',
  'artifacts repositories add-iam-policy-binding': 'location project member role',
  'artifacts repositories list': 'project',
  'artifacts docker images describe': '',
  'config set': '',
  'secrets versions list': 'project',
  'services enable': 'project',
};

/** A text in quotes, whatever separates commands, or a part of a word. */
const TOKEN = /"(?:\\.|[^"\\])*"|'[^']*'|&&|\|\||[;|\n]|[^\S\n]+|(?:\\.|[^\s"';|&])+|&/g;

/** Each command as its words, without assignments before it. */
export function commandsIn(script: string): readonly (readonly string[])[] {
  const text = script.replaceAll(/\\\n\s*/g, ' ').replaceAll(/(?:^|\s)#.*$/gm, '');
  const commands: string[][] = [[]];
  let isInWord = false;
  for (const token of text.match(TOKEN) ?? []) {
    const words = commands.at(-1) ?? [];
    const isSpace = token.trim() === '' && token !== '\n';
    const isEnd = /^(?:&&|\|\||[;|\n])$/.test(token);
    if (isEnd) commands.push([]);
    else if (!isSpace) words.push(isInWord ? `${words.pop() ?? ''}${token}` : token);
    isInWord = !isSpace && !isEnd;
  }
  return commands.map(withoutAssignments).filter((words) => words.length > 0);
}

function withoutAssignments(words: readonly string[]): readonly string[] {
  const first = words.findIndex((word) => !/^[A-Z_]+=/.test(word));
  return first < 0 ? [] : words.slice(first);
}

/** A whole command: its group is known, and so is each flag. */
export function gcloudFaults(words: readonly string[]): readonly string[] {
  const group = groupOf(words);
  if (group === null) return [`${words.join(' ')}: no such command`];
  const known = (GCLOUD[group] ?? '').split(' ');
  const flags = words.flatMap((word) => /^--([a-z-]+)/.exec(word)?.[1] ?? []);
  return flags.filter((flag) => !known.includes(flag)).map((flag) => `${group} --${flag}`);
}

/** Of a command in a sentence, which may stop anywhere or leave things out. */
export function spokenGcloud(code: string): readonly string[] {
  const words = (commandsIn(code)[0] ?? []).filter((word) => !/[…<]/.test(word));
  const isKnown = groupOf(words) !== null;
  const [, ...rest] = words;
  const said = rest.join(' ');
  const isBeginning = Object.keys(GCLOUD).some((group) => group.startsWith(said));
  if (!isKnown) return isBeginning ? [] : [`${code}: no such command`];
  return gcloudFaults(words);
}

function groupOf([, ...words]: readonly string[]): string | null {
  const groups = Object.keys(GCLOUD).sort((one, other) => other.length - one.length);
  const said = words.join(' ');
  return groups.find((group) => said === group || said.startsWith(`${group} `)) ?? null;
}
