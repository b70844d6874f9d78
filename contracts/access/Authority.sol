// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";

/// @title Who may allow, and who may ban
/// @notice OpenZeppelin's AccessManager under a name of ours, so that it is built and deployed with the rest. Widening
/// (MeasurementPolicy.allow, NodeRegistry.allowVerifier, unfreezeEnclaveKey) belongs to a role with an execution delay;
/// narrowing (ban, removeVerifier, freezeEnclaveKey) to one without.
contract Authority is AccessManager {
    constructor(address admin) AccessManager(admin) {}
}
