// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {
    Custody,
    CustodyChange,
    IOwnerKeys,
    RecoveryPlan,
    RecoveryRequest,
    RecoveryStatus
} from "../interfaces/IOwnerKeys.sol";
import {OwnerKeysStorage} from "./OwnerKeysStorage.sol";
import {OwnerSignature} from "./OwnerSignature.sol";

/// @title OwnerKeys
contract OwnerKeys is OwnerKeysStorage, IOwnerKeys, EIP712 {
    uint256 public constant MIN_DELAY = 2 days;
    uint256 public constant MAX_DELAY = 60 days;

    /// @dev From the moment at which it is ripe. A forgotten request must not be open for ever.
    uint256 public constant REQUEST_LIFETIME = 30 days;

    bytes32 private constant VETO_TYPEHASH =
        keccak256("RecoveryVeto(address owner,address requester,uint32 version,uint40 requestedAt)");

    constructor() EIP712("Persona OwnerKeys", "1") {}

    /// @inheritdoc IOwnerKeys
    function setCustody(bytes32 rootKeyId, bytes32 planHash, address secondWallet, uint32 delay, uint32 version)
        external
    {
        Custody storage custody = _custodies[msg.sender];
        uint32 current = custody.version;
        // Widened: the last version has no next one.
        if (version != uint256(current) + 1) revert CustodyVersionStale(msg.sender, version, uint256(current) + 1);
        if (rootKeyId == 0) revert CustodyRootKeyMissing(msg.sender);
        if (delay < MIN_DELAY || delay > MAX_DELAY) {
            revert CustodyDelayInvalid(msg.sender, delay, MIN_DELAY, MAX_DELAY);
        }
        if (secondWallet == msg.sender) revert CustodySecondWalletInvalid(msg.sender, secondWallet);

        if (current == 0) {
            _set(msg.sender, rootKeyId, planHash, secondWallet, delay, version);
            return;
        }
        // The present delay, not the wanted one: or who has taken the wallet would want none.
        uint256 readyAt = block.timestamp + custody.delay;
        _changes[msg.sender] = CustodyChange({
            rootKeyId: rootKeyId,
            planHash: planHash,
            secondWallet: secondWallet,
            delay: delay,
            readyAt: uint40(readyAt)
        });

        emit CustodyChangeAnnounced(msg.sender, rootKeyId, planHash, secondWallet, delay, readyAt);
    }

    /// @inheritdoc IOwnerKeys
    function cancelChange(address owner) external {
        if (_changes[owner].readyAt == 0) revert ChangeUnknown(owner);
        _requireSay(owner);
        delete _changes[owner];

        emit CustodyChangeCancelled(owner, msg.sender);
    }

    /// @inheritdoc IOwnerKeys
    function concludeChange(address owner) external {
        CustodyChange memory change = _changes[owner];
        if (change.readyAt == 0) revert ChangeUnknown(owner);
        if (block.timestamp < change.readyAt) revert ChangeNotReady(owner, change.readyAt, block.timestamp);
        delete _changes[owner];

        uint32 version = _custodies[owner].version + 1;
        _set(owner, change.rootKeyId, change.planHash, change.secondWallet, change.delay, version);
    }

    /// @inheritdoc IOwnerKeys
    function setBackup(bytes32 digest) external {
        _backups[msg.sender] = digest;

        emit BackupSet(msg.sender, digest);
    }

    /// @inheritdoc IOwnerKeys
    function requestRecovery(address owner, RecoveryPlan calldata plan, bytes32 deviceKeyId) external {
        Custody storage custody = _custodies[owner];
        uint32 version = custody.version;
        if (version == 0) revert CustodyUnknown(owner);
        if (msg.sender != custody.secondWallet) _requireNamed(owner, custody.planHash, plan);
        if (deviceKeyId == 0) revert RecoveryDeviceMissing(owner);
        if (_isBarred(owner, msg.sender, version)) revert RecoveryBarred(owner, msg.sender);

        uint256 ripeAt = block.timestamp + custody.delay;
        _requests[owner][msg.sender] = RecoveryRequest({
            deviceKeyId: deviceKeyId,
            requestedAt: uint40(block.timestamp),
            ripeAt: uint40(ripeAt),
            version: version,
            status: RecoveryStatus.Open
        });

        emit RecoveryRequested(owner, msg.sender, deviceKeyId, version, ripeAt, ripeAt + REQUEST_LIFETIME);
    }

    /// @inheritdoc IOwnerKeys
    function vetoRecovery(address owner, address requester) external {
        _requireOpen(owner, requester);
        _requireSay(owner);
        _veto(owner, requester, msg.sender);
    }

    /// @inheritdoc IOwnerKeys
    function vetoRecoveryBySig(address owner, address requester, bytes calldata signature) external {
        _requireOpen(owner, requester);
        if (!OwnerSignature.isValid(owner, vetoDigest(owner, requester), signature)) {
            revert RecoverySignatureInvalid(owner);
        }
        _veto(owner, requester, owner);
    }

    /// @inheritdoc IOwnerKeys
    function custodyOf(address owner) external view returns (Custody memory) {
        return _custodies[owner];
    }

    /// @inheritdoc IOwnerKeys
    function changeOf(address owner) external view returns (CustodyChange memory) {
        return _changes[owner];
    }

    /// @inheritdoc IOwnerKeys
    function recoveryOf(address owner, address requester) external view returns (RecoveryRequest memory) {
        return _requests[owner][requester];
    }

    /// @inheritdoc IOwnerKeys
    function backupOf(address owner) external view returns (bytes32) {
        return _backups[owner];
    }

    /// @inheritdoc IOwnerKeys
    function successorOf(address owner) external view returns (address) {
        address secondWallet = _custodies[owner].secondWallet;
        return isRipe(owner, secondWallet) ? secondWallet : address(0);
    }

    /// @inheritdoc IOwnerKeys
    function isRipe(address owner, address requester) public view returns (bool) {
        RecoveryRequest storage request = _requests[owner][requester];
        return request.status == RecoveryStatus.Open && request.version == _custodies[owner].version
            && block.timestamp >= request.ripeAt && block.timestamp < request.ripeAt + REQUEST_LIFETIME;
    }

    /// @inheritdoc IOwnerKeys
    function hashPlan(RecoveryPlan calldata plan) public pure returns (bytes32) {
        return keccak256(abi.encode(plan));
    }

    /// @inheritdoc IOwnerKeys
    function vetoDigest(address owner, address requester) public view returns (bytes32) {
        RecoveryRequest storage request = _requests[owner][requester];
        return _hashTypedDataV4(
            keccak256(abi.encode(VETO_TYPEHASH, owner, requester, request.version, request.requestedAt))
        );
    }

    function _set(
        address owner,
        bytes32 rootKeyId,
        bytes32 planHash,
        address secondWallet,
        uint32 delay,
        uint32 version
    ) private {
        _custodies[owner] = Custody(rootKeyId, planHash, secondWallet, delay, version);

        emit CustodySet(owner, version, rootKeyId, planHash, secondWallet, delay);
    }

    /// @dev By the owner, who called or signed, or by the second wallet.
    function _veto(address owner, address requester, address by) private {
        _requests[owner][requester].status = RecoveryStatus.Vetoed;

        emit RecoveryVetoed(owner, requester, by);
    }

    /// @dev The list is the owner's own, no longer than it made it, and paid by who brings it.
    function _requireNamed(address owner, bytes32 wanted, RecoveryPlan calldata plan) private view {
        bytes32 got = hashPlan(plan);
        if (got != wanted) revert RecoveryPlanMismatched(owner, got, wanted);
        for (uint256 i = 0; i < plan.people.length; ++i) {
            if (plan.people[i] == msg.sender) return;
        }
        revert RecoveryCallerNotNamed(owner, msg.sender);
    }

    /// @dev A second wallet whose own request the owner has vetoed is not the owner's any more: it must not be able to stop
    /// the change that removes it.
    function _requireSay(address owner) private view {
        if (msg.sender == owner) return;
        Custody storage custody = _custodies[owner];
        if (msg.sender == custody.secondWallet && !_isBarred(owner, msg.sender, custody.version)) return;
        revert CustodyCallerInvalid(owner, msg.sender);
    }

    function _requireOpen(address owner, address requester) private view {
        RecoveryRequest storage request = _requests[owner][requester];
        if (request.status != RecoveryStatus.Open || request.version != _custodies[owner].version) {
            revert RecoveryUnknown(owner, requester);
        }
    }

    function _isBarred(address owner, address requester, uint32 version) private view returns (bool) {
        RecoveryRequest storage request = _requests[owner][requester];
        return request.status == RecoveryStatus.Vetoed && request.version == version;
    }
}
