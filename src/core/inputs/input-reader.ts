/** Reads inputs one by one and keeps what is wrong with all of them. */
import { INPUTS, isPrivate } from './input-table.ts';
import type { InputName } from './input-table.ts';
import type { Fault, Parsed } from './parsed.ts';
import type { Finding } from '../problem.ts';

export interface InputReader {
  /** As given, else what counts when it is left out; "" when that is nothing. */
  text(name: InputName): string;
  /** Whether somebody wrote something else than the default; the runner fills in the defaults. */
  isGiven(name: InputName): boolean;
  /** null: there is nothing to read, or it was refused. */
  read<T>(name: InputName, parse: (text: string) => Parsed<T>): T | null;
  /** What somebody may have meant as a secret is not shown. */
  refuse(name: InputName, fault: Fault): void;
  /** Something allowed that is probably not meant; a whole sentence, without values. */
  remark(text: string): void;
  /** A request is only built when this is empty. */
  findings(): readonly Finding[];
  remarks(): readonly string[];
}

export function createInputReader(raw: ReadonlyMap<string, string>): InputReader {
  const findings: Finding[] = [];
  const remarks: string[] = [];
  const given = (name: InputName) => raw.get(name) ?? '';
  const reader: InputReader = {
    text: (name) => (given(name) === '' ? INPUTS[name].usual : given(name)),
    isGiven: (name) => given(name) !== '' && given(name) !== INPUTS[name].usual,
    read(name, parse) {
      const text = reader.text(name);
      if (text === '') return null;
      const parsed = parse(text);
      if (parsed.ok) return parsed.value;
      for (const fault of parsed.faults) reader.refuse(name, fault);
      return null;
    },
    refuse(name, fault) {
      const value = isPrivate(name) ? null : fault.value;
      findings.push({ subject: name, ...fault, value });
    },
    remark: (text) => void remarks.push(text),
    findings: () => findings,
    remarks: () => remarks,
  };
  return reader;
}
