/** In place of Next's own types where the server's tests are checked: those make NODE_ENV required in every environment. */
export {};
