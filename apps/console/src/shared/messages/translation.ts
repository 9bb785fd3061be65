/** What a translation of `T` must hold: the same keys, other texts. A missing or a superfluous key is a type error. */
export type Translation<T> = { readonly [K in keyof T]: T[K] extends string ? string : Translation<T[K]> };
