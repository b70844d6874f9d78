// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IEvidenceVerifier} from "../interfaces/IEvidenceVerifier.sol";
import {isDevChain} from "../types/DevChain.sol";

/// @title Evidence that a development root has signed
/// @notice Proves nothing about hardware; exists on development chains only.
/// @dev evidence = abi.encode(bytes32 measurement, bytes reportData, bytes rootSignature), where reportData has 64 bytes
/// and the root signs, as a raw digest without any prefix,
/// keccak(abi.encode("persona/simulated-evidence/v1", measurement, keccak(reportData))).
contract SimulatedEvidenceVerifier is IEvidenceVerifier {
    string private constant TAG = "persona/simulated-evidence/v1";

    /// @notice Who signs evidence, in place of a manufacturer.
    address public immutable ROOT;

    error SimulationNotAllowed(uint256 chainId);
    error SimulationRootMissing();

    constructor(address root) {
        if (!isDevChain()) revert SimulationNotAllowed(block.chainid);
        if (root == address(0)) revert SimulationRootMissing();
        ROOT = root;
    }

    /// @inheritdoc IEvidenceVerifier
    /// @dev Nothing in simulated evidence ages.
    function verify(bytes calldata evidence)
        external
        view
        returns (bytes32 measurement, bytes memory reportData, uint40 validUntil, uint8 vendor)
    {
        bytes memory signature;
        (measurement, reportData, signature) = abi.decode(evidence, (bytes32, bytes, bytes));
        bytes32 digest = keccak256(abi.encode(TAG, measurement, keccak256(reportData)));
        (address recovered, ECDSA.RecoverError problem,) = ECDSA.tryRecover(digest, signature);
        if (reportData.length != 64 || problem != ECDSA.RecoverError.NoError || recovered != ROOT) {
            revert EvidenceInvalid();
        }
        return (measurement, reportData, type(uint40).max, 0);
    }

    /// @inheritdoc IEvidenceVerifier
    function kind() external pure returns (uint8) {
        return 0;
    }

    /// @inheritdoc IEvidenceVerifier
    function simulated() external pure returns (bool) {
        return true;
    }
}
