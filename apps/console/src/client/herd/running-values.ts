/** What proxies run with: values by name, and where they differ. Pure. */

export interface RunningProxy {
  readonly proxy: string;
  readonly error: string | null;
  readonly parameters: readonly { readonly name: string; readonly value: string }[];
}

/** The value of each proxy that answered and has the parameter. */
export const valuesOf = (running: readonly RunningProxy[], name: string): ReadonlyMap<string, string> =>
  new Map(
    running.flatMap(({ proxy, parameters }): (readonly [string, string])[] => {
      const found = parameters.find((parameter) => parameter.name === name);
      return found === undefined ? [] : [[proxy, found.value]];
    }),
  );

export const isOn = (value: string | undefined): boolean => value === 'on' || value === '1' || value === 'true';
