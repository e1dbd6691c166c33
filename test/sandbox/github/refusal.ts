import type { Answer } from '../contract.ts';

/** What GitHub names in `errors` of a 422. */
export type FieldError = {
  readonly resource: string;
  readonly code: string;
  readonly field?: string;
  readonly message?: string;
};

type Details = {
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
};

/** A request GitHub does not fulfil. https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api */
export class Refusal extends Error {
  readonly status: number;
  readonly details: Details;

  constructor(status: number, message: string, details: Details = {}) {
    super(message);
    this.status = status;
    this.details = details;
  }

  answer(documentation: string): Answer {
    const { errors, headers } = this.details;
    return {
      status: this.status,
      ...(headers === undefined ? {} : { headers }),
      body: {
        message: this.message,
        ...(errors === undefined ? {} : { errors }),
        documentation_url: documentation,
        status: String(this.status),
      },
    };
  }
}

export function invalid(error: FieldError): Refusal {
  return new Refusal(422, 'Validation Failed', { errors: [error] });
}

export function notFound(): Refusal {
  return new Refusal(404, 'Not Found');
}
