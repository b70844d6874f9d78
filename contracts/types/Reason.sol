// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Why data is not released. The order is the order of the checks; the first that fails is reported.
/// @dev One table with the TypeScript one (docs/errors.md). Members are only ever appended. Those that no contract
/// reports need the opened job bundle and are reported by guardians.
enum Reason {
    None,
    // The request and the enclave key that made it.
    RequestInvalid,
    NodeKeyUnknown,
    NodeKeyExpired,
    NodeKeyInactive,
    MeasurementBanned,
    // The job and its claim.
    JobUnknown,
    JobParamsMismatch,
    JobNotClaimed,
    JobClaimedByOther,
    JobDeadlinePassed,
    BundleInvalid,
    JobSpecMismatch,
    InputUnknown,
    // The dataset and the grant, as the chain knows them.
    DatasetUnknown,
    DatasetErased,
    GrantUnknown,
    GrantRevoked,
    GrantNotYetValid,
    GrantExpired,
    GrantExhausted,
    GrantOutputExhausted,
    GrantKindMismatch,
    GranteeMismatch,
    OwnerMismatch,
    KeyEpochOld,
    MeasurementNotGranted,
    NodePolicyMismatch,
    // The opened Scope.
    ScopeMismatch,
    ProgramNotGranted,
    SegmentNotGranted,
    ArgsNotGranted,
    OutputNotGranted,
    VersionNotGranted,
    // What this guardian holds.
    DatasetHeadMismatch,
    GuardianSetMismatch,
    GuardianConflict,
    ShareUnknown
}
