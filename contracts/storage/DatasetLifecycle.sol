// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Dataset, DatasetStatus, IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {IOwnerKeys} from "../interfaces/IOwnerKeys.sol";
import {DatasetId} from "../types/Ids.sol";
import {DatasetChecks} from "./DatasetChecks.sol";

/// @dev Handing a dataset on and ending it. Both wait, and both take the owner's own call: a signature that a page has
/// fished for moves nothing, and a wallet that was used without its owner's knowledge leaves time to notice.
abstract contract DatasetLifecycle is DatasetChecks {
    /// @dev From the offer to the first moment at which it can be accepted.
    uint256 public constant TRANSFER_DELAY = 2 days;

    /// @dev From the offer to its end. A forgotten one must not be open for ever.
    uint256 public constant OFFER_LIFETIME = 30 days;

    /// @dev From the freeze to the end.
    uint256 public constant ERASE_DELAY = 7 days;

    /// @dev Knows whose second wallet has waited long enough without a veto.
    IOwnerKeys public immutable OWNER_KEYS;

    constructor(IOwnerKeys ownerKeys) {
        OWNER_KEYS = ownerKeys;
    }

    /// @inheritdoc IDatasetRegistry
    function offerDataset(DatasetId datasetId, address to) external {
        Dataset storage dataset = _datasets[datasetId];
        _requireActiveOwned(datasetId, dataset);
        if (to == address(0) || to == dataset.owner) revert OfferRecipientInvalid(datasetId, to);

        // uint40: until the year 36812.
        _offers[datasetId] = Offer({to: to, offeredAt: uint40(block.timestamp)});

        emit DatasetOffered(
            datasetId, msg.sender, to, block.timestamp + TRANSFER_DELAY, block.timestamp + OFFER_LIFETIME
        );
    }

    /// @inheritdoc IDatasetRegistry
    function withdrawOffer(DatasetId datasetId) external {
        _requireOwned(datasetId, _datasets[datasetId]);
        if (_offers[datasetId].to == address(0)) revert OfferUnknown(datasetId);
        _endOffer(datasetId);
    }

    /// @inheritdoc IDatasetRegistry
    function acceptDataset(DatasetId datasetId) external {
        Dataset storage dataset = _datasets[datasetId];
        _requireActive(datasetId, dataset);
        Offer memory offer = _offers[datasetId];
        if (offer.to == address(0)) revert OfferUnknown(datasetId);
        if (offer.to != msg.sender) revert OfferCallerNotRecipient(datasetId, msg.sender, offer.to);
        uint256 acceptableAt = offer.offeredAt + TRANSFER_DELAY;
        if (block.timestamp < acceptableAt) revert OfferNotYetAcceptable(datasetId, acceptableAt, block.timestamp);
        uint256 expiresAt = offer.offeredAt + OFFER_LIFETIME;
        if (block.timestamp >= expiresAt) revert OfferExpired(datasetId, expiresAt, block.timestamp);

        _handOver(datasetId, dataset);
    }

    /// @inheritdoc IDatasetRegistry
    function recoverDataset(DatasetId datasetId) external {
        Dataset storage dataset = _datasets[datasetId];
        _requireActive(datasetId, dataset);
        address successor = OWNER_KEYS.successorOf(dataset.owner);
        if (successor != msg.sender) revert DatasetCallerNotSuccessor(datasetId, msg.sender, successor);

        _handOver(datasetId, dataset);
    }

    /// @inheritdoc IDatasetRegistry
    function eraseDataset(DatasetId datasetId) external {
        Dataset storage dataset = _datasets[datasetId];
        _requireActiveOwned(datasetId, dataset);

        // Or it would be open again, and ripe, after a restoration.
        if (_offers[datasetId].to != address(0)) _endOffer(datasetId);
        uint256 finalAt = block.timestamp + ERASE_DELAY;
        dataset.status = DatasetStatus.Erasing;
        _erasures[datasetId] = finalAt;

        emit DatasetErasureBegun(datasetId, msg.sender, finalAt);
    }

    /// @inheritdoc IDatasetRegistry
    function restoreDataset(DatasetId datasetId) external {
        Dataset storage dataset = _datasets[datasetId];
        uint256 finalAt = _requireErasing(datasetId, dataset);
        _requireOwned(datasetId, dataset);
        if (block.timestamp >= finalAt) revert ErasureFinal(datasetId, finalAt, block.timestamp);

        delete _erasures[datasetId];
        dataset.status = DatasetStatus.Active;

        emit DatasetRestored(datasetId, msg.sender);
    }

    /// @inheritdoc IDatasetRegistry
    function concludeErasure(DatasetId datasetId) external {
        Dataset storage dataset = _datasets[datasetId];
        uint256 finalAt = _requireErasing(datasetId, dataset);
        if (block.timestamp < finalAt) revert ErasureNotYetFinal(datasetId, finalAt, block.timestamp);

        dataset.status = DatasetStatus.Erased;

        emit DatasetErased(datasetId, dataset.owner);
    }

    /// @inheritdoc IDatasetRegistry
    function offerOf(DatasetId datasetId) external view returns (address to, uint40 offeredAt) {
        Offer storage offer = _offers[datasetId];
        return (offer.to, offer.offeredAt);
    }

    /// @inheritdoc IDatasetRegistry
    function erasureFinalAt(DatasetId datasetId) external view returns (uint256) {
        return _erasures[datasetId];
    }

    /// @dev To the caller. Whatever was offered ends; so do grants and writers, by the key epoch.
    function _handOver(DatasetId datasetId, Dataset storage dataset) private {
        address from = dataset.owner;
        uint32 keyEpoch = dataset.keyEpoch + 1;
        delete _offers[datasetId];
        dataset.owner = msg.sender;
        dataset.keyEpoch = keyEpoch;

        emit DatasetTransferred(datasetId, from, msg.sender, keyEpoch);
    }

    /// @dev By the owner, who is the caller.
    function _endOffer(DatasetId datasetId) private {
        address to = _offers[datasetId].to;
        delete _offers[datasetId];
        emit DatasetOfferWithdrawn(datasetId, msg.sender, to);
    }

    function _requireErasing(DatasetId datasetId, Dataset storage dataset) private view returns (uint256 finalAt) {
        if (dataset.status != DatasetStatus.Erasing) revert DatasetNotErasing(datasetId, dataset.status);
        return _erasures[datasetId];
    }
}
