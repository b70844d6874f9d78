// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Dataset, DatasetStatus, IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {DatasetHead} from "../types/DatasetHead.sol";
import {DatasetId} from "../types/Ids.sol";
import {DatasetStorage} from "./DatasetStorage.sol";
import {OwnerSignature} from "./OwnerSignature.sol";

/// @dev What every part of DatasetRegistry asks before it changes anything.
abstract contract DatasetChecks is DatasetStorage, IDatasetRegistry, EIP712 {
    /// @inheritdoc IDatasetRegistry
    function hashHead(DatasetHead calldata head) public pure returns (bytes32) {
        return keccak256(abi.encode(head));
    }

    function _requireActiveOwned(DatasetId datasetId, Dataset storage dataset) internal view {
        _requireActive(datasetId, dataset);
        _requireOwned(datasetId, dataset);
    }

    function _requireActive(DatasetId datasetId, Dataset storage dataset) internal view {
        if (dataset.status != DatasetStatus.Active) revert DatasetNotActive(datasetId, dataset.status);
    }

    /// @dev False of every dataset that does not exist: nobody calls from zero.
    function _requireOwned(DatasetId datasetId, Dataset storage dataset) internal view {
        if (dataset.owner != msg.sender) revert DatasetCallerNotOwner(datasetId, msg.sender, dataset.owner);
    }

    function _requireOwnerSigned(DatasetId datasetId, address owner, bytes32 digest, bytes calldata signature)
        internal
        view
    {
        if (!OwnerSignature.isValid(owner, digest, signature)) revert DatasetSignatureInvalid(datasetId, owner);
    }

    function _requireHead(DatasetId datasetId, Dataset storage dataset, bytes32 got) internal view {
        bytes32 wanted = dataset.headHash;
        if (got != wanted) revert DatasetHeadStale(datasetId, got, wanted);
    }

    /// @dev What makes a message good for one publication: no head comes back under the same version.
    function _requireNext(
        DatasetId datasetId,
        Dataset storage dataset,
        bytes32 previousHead,
        uint48 version,
        uint40 deadline
    ) internal view {
        if (block.timestamp > deadline) revert DatasetDeadlinePassed(datasetId, deadline, block.timestamp);
        uint48 next = dataset.version + 1;
        if (version != next) revert DatasetVersionStale(datasetId, version, next);
        _requireHead(datasetId, dataset, previousHead);
    }
}
