/** What a person can act on: printed without a stack. `exitCode` as everywhere: 1 failed, 2 refused, 75 temporary. */
export class ToolError extends Error {
  override readonly name = "ToolError";
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
