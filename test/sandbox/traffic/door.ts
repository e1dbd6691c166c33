/**
 * Who gets as far as a revision. It holds for the service's address and for those of its tags alike.
 * https://cloud.google.com/run/docs/securing/ingress
 * https://cloud.google.com/run/docs/authenticating/service-to-service
 */
import type { IncomingMessage } from 'node:http';

/** Machines of the service's own VPC call from here, all others from the internet. */
export const VPC_ADDRESS = '127.0.0.2';

type Refusal = { readonly status: number; readonly text: string };

export type DoorView = {
  readonly annotations: (service: string) => Readonly<Record<string, string>>;
  /** The service's own address: the audience that is always accepted, unlike that of a tag. */
  readonly url: (service: string) => string;
  /** E-mail addresses with run.routes.invoke on the service; null: allUsers. */
  readonly invokers: (service: string) => readonly string[] | null;
  /** Whom an identity token speaks for, if it is good and for this audience. */
  readonly identityOf: (token: string, audience: string) => string | null;
};

/** null: come in. */
export type Admit = (service: string, request: IncomingMessage) => Refusal | null;

// A page of the front end, as far as it is known; reported by many.
const FORBIDDEN: Refusal = {
  status: 403,
  text: 'Error: Forbidden. Your client does not have permission to get this URL from this server.',
};
const UNAUTHORIZED: Refusal = {
  status: 401,
  text: 'Error: Unauthorized. Your client does not have permission to the requested URL.',
};

export function createDoor(view: DoorView): Admit {
  return (service, request) => {
    const annotations = view.annotations(service);
    const ingress = annotations['run.googleapis.com/ingress'] ?? 'all';
    const isInside = request.socket.remoteAddress === VPC_ADDRESS;
    if (ingress !== 'all' && !isInside) return { status: 404, text: 'Error: Page not found' };
    if (annotations['run.googleapis.com/invoker-iam-disabled'] === 'true') return null;
    const invokers = view.invokers(service);
    return invokers === null
      ? null
      : checkCaller(view, { service, invokers, annotations, request });
  };
}

function checkCaller(
  view: DoorView,
  visit: {
    readonly service: string;
    readonly invokers: readonly string[];
    readonly annotations: Readonly<Record<string, string>>;
    readonly request: IncomingMessage;
  },
): Refusal | null {
  const { service, invokers, annotations, request } = visit;
  const header = request.headers.authorization;
  if (header === undefined) return FORBIDDEN;
  const token = /^bearer (\S+)$/i.exec(header)?.[1] ?? '';
  const custom: unknown = JSON.parse(annotations['run.googleapis.com/custom-audiences'] ?? '[]');
  const audiences = [view.url(service), ...(Array.isArray(custom) ? custom.map(String) : [])];
  const callers = audiences.flatMap((audience) => view.identityOf(token, audience) ?? []);
  const [caller] = callers;
  if (caller === undefined) return UNAUTHORIZED;
  return invokers.includes(caller) ? null : FORBIDDEN;
}
