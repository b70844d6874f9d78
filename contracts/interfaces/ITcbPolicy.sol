// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TcbLevel} from "../types/TcbLevel.sol";

/// @title What platforms must have, at least
/// @notice Fed by anyone with texts that the manufacturer has signed, and by nothing else: no one's word is taken for what they
/// say. Governance decides which of Intel's evaluations counts and which advisories are bearable.
interface ITcbPolicy {
    /// @param tdx of TDX, not of SGX.
    event TcbLevelSet(bytes6 indexed fmspc, bool indexed tdx, TcbLevel level);

    /// @notice What was asked before suffices a while longer.
    event TcbGraceSet(bytes6 indexed fmspc, bool indexed tdx, uint40 until);
    event TcbGraceEnded(bytes6 indexed fmspc, bool indexed tdx);
    event TcbModelBanned(bytes6 indexed fmspc);
    event TcbEvaluationSet(uint32 evaluation, uint40 grace);
    event AdvisoryAllowed(bytes32 indexed advisory, string name);
    event AdvisoryRemoved(bytes32 indexed advisory, string name);

    error TcbSignatureInvalid(bytes32 digest);
    error TcbSignerNotValid(uint40 goodUntil, uint256 timestamp);
    error TcbTextsMismatched(bool tcbOfTdx, bool qeOfTdx);
    error TcbQeSignerUnknown(bytes32 got, bytes32 wanted);
    error TcbTextNotValidNow(uint40 issuedAt, uint40 nextUpdate, uint256 timestamp);
    error TcbEvaluationOther(uint32 got, uint32 wanted);
    error TcbLevelNotNewer(bytes6 fmspc, uint40 issuedAt, uint40 stored);
    error TcbModelIsBanned(bytes6 fmspc);
    error TcbEvaluationNotHigher(uint32 got, uint32 stored);
    error TcbEvaluationNotLower(uint32 got, uint32 stored);
    error TcbGraceTooLong(uint40 got, uint40 max);

    /// @notice Sets what platforms of a model must have from now on.
    /// @dev Emits {TcbLevelSet}, and {TcbGraceSet} where more is asked than before.
    /// @param tcbInfo Intel's TCB Info, the exact text of the value of `tcbInfo`.
    /// @param tcbSignature r ‖ s over it.
    /// @param qeIdentity the exact text of the value of `enclaveIdentity`, of the quoting enclave of the same kind.
    /// @param qeSignature r ‖ s over it.
    ///
    /// Requirements:
    /// - Both are signed by the registry's TCB signer, whose certificate is valid and not revoked.
    /// - Both are of the evaluation that counts, issued and not due for an update.
    /// - Not issued before the text that counts already; the model is not banned.
    /// - The best level is up to date, or has accepted advisories only.
    function submitTcb(
        bytes calldata tcbInfo,
        bytes calldata tcbSignature,
        bytes calldata qeIdentity,
        bytes calldata qeSignature
    ) external;

    /// @notice Takes texts of a later evaluation from now on, and of no other.
    /// @dev Emits {TcbEvaluationSet}. Until each text has come, what counts now counts until it is due.
    /// @param grace seconds for which a level suffices that another one has replaced; 0 in an emergency.
    ///
    /// Requirements:
    /// - The authority lets the caller.
    /// - Higher than before, or the same with another grace; `grace` is at most {MAX_GRACE}.
    function raiseEvaluation(uint32 evaluation, uint40 grace) external;

    /// @notice Takes texts of an earlier evaluation again, where a later one was a mistake.
    /// @dev Emits {TcbEvaluationSet}.
    ///
    /// Requirements:
    /// - The authority lets the caller.
    /// - Lower than before.
    function lowerEvaluation(uint32 evaluation) external;

    /// @notice Ends at once what a replaced level still suffices for.
    /// @dev Emits {TcbGraceEnded}.
    ///
    /// Requirements:
    /// - The authority lets the caller.
    function endGrace(bytes6 fmspc, bool tdx) external;

    /// @notice No platform of this model counts any more, for ever.
    /// @dev Emits {TcbModelBanned}.
    ///
    /// Requirements:
    /// - The authority lets the caller.
    function banModel(bytes6 fmspc) external;

    /// @notice Accepts levels that are up to date but for this advisory.
    /// @dev Emits {AdvisoryAllowed}. Counts for texts that come from now on.
    /// @param name as Intel writes it, such as INTEL-SA-00615.
    ///
    /// Requirements:
    /// - The authority lets the caller.
    function allowAdvisory(string calldata name) external;

    /// @dev Emits {AdvisoryRemoved}. Counts for texts that come from now on: anyone may bring the same text again.
    ///
    /// Requirements:
    /// - The authority lets the caller.
    function removeAdvisory(string calldata name) external;

    function isAdvisoryAllowed(string calldata name) external view returns (bool);
    function isModelBanned(bytes6 fmspc) external view returns (bool);

    /// @notice Intel's tcbEvaluationDataNumber that texts must have.
    function evaluation() external view returns (uint32);

    /// @notice Seconds for which a replaced level suffices.
    function graceSeconds() external view returns (uint40);

    /// @notice Longest such time, in seconds.
    function MAX_GRACE() external view returns (uint40);

    /// @notice MRSIGNER of the quoting enclave that texts must name, and quotes must come from.
    function TD_QE_SIGNER() external view returns (bytes32);
    function SGX_QE_SIGNER() external view returns (bytes32);
}
