/** Entry of the browser application. */
export {};
