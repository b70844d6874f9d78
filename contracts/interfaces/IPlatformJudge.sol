// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What is known of platforms now
/// @notice Apart from the verifier, so that a key can be judged anew without its evidence.
interface IPlatformJudge {
    /// @notice Judges a platform that a verifier has let pass.
    /// @param platform as {IEvidenceVerifier-verify} has said it.
    /// @return validUntil Unix seconds; in the past where too little is known now to say; 0 where the platform was revoked or no
    /// longer suffices.
    function recheck(bytes30 platform) external view returns (uint40 validUntil);
}
