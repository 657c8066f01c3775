/**
 * For ONNX Runtime's `session.intra_op`: a thread that waits for the others of an operator spins for 50 microseconds, then sleeps. Waking it for each operator costs
 * networks of small operators a tenth of the step; threads that spin as long as the runtime's default lets them take the cores from decoding and from other jobs.
 */
export const SHORT_SPIN = { allow_spinning: '1', spin_duration_us: '50' };
