import { z } from 'zod';

/** An answer whose shape is a type of ours: not checked at run time, an open object in the OpenAPI document. */
export const typed = <T>(): z.ZodType<T> =>
  z.custom<T>().meta({ override: { type: 'object', additionalProperties: true } } as never);
