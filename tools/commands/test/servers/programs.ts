/** A store's server that is here, and what else its image has. */
export interface ServerPrograms {
  /** Paths by the program's name: the server, and what else its image has. */
  readonly programs: Readonly<Record<string, string>>;
  readonly version: string;
  /** Folders with libraries that this machine does not have by itself. @default - it has them all */
  readonly libraryPath?: string;
}
