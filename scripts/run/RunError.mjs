/** A failure that is told to a person as it is, without a stack. */
export class RunError extends Error {
  /**
   * @param {string} message what failed, then what to do about it
   * @param {number} exitCode 1 fatal, 2 refused, 75 temporary: the project's table
   */
  constructor(message, exitCode) {
    super(message);
    this.name = "RunError";
    this.exitCode = exitCode;
  }
}
