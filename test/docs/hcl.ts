/** As much of HCL as tells whether a file was cut or mistyped; `terraform validate` is not at hand. */

const CLOSES: Readonly<Record<string, string>> = { '}': '{', ']': '[', ')': '(' };

/** Brackets that are not closed or not opened, and texts without an end. */
export function hclFaults(text: string): readonly string[] {
  const bare = text.replaceAll(/"(?:\\.|[^"\\\n])*"/g, '""').replaceAll(/(?:#|\/\/).*$/gm, '');
  const open: string[] = [];
  for (const sign of bare.replaceAll('""', '')) {
    if (sign === '"') return ['a text has no end'];
    if (Object.values(CLOSES).includes(sign)) open.push(sign);
    if (sign in CLOSES && open.pop() !== CLOSES[sign]) return [`${sign} was not opened`];
  }
  return open.map((sign) => `${sign} is not closed`);
}

export function moduleIn(text: string): {
  readonly source: string;
  readonly given: readonly string[];
} {
  const values = [...text.matchAll(/^ {2}(\w+) *= "(.*)"$/gm)].map(([, name = '', value = '']) => ({
    name,
    value,
  }));
  const source = values.find(({ name }) => name === 'source')?.value ?? '';
  return { source, given: values.map(({ name }) => name).filter((name) => name !== 'source') };
}

export function variablesOf(text: string) {
  return [...text.matchAll(/^variable "(\w+)" \{([^]*?)^\}$/gm)].map(
    ([, name = '', body = '']) => ({
      name,
      isOptional: /^ {2}default\b/m.test(body),
    }),
  );
}
