// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {App, AppStatus, AttestorStatus, IAppRegistry, StoredProof} from "../interfaces/IAppRegistry.sol";
import {AppConsent, AppConsentLib} from "../types/AppConsent.sol";
import {DomainProof, DomainProofLib} from "../types/DomainProof.sol";
import {AppId} from "../types/Ids.sol";
import {AppName} from "./AppName.sol";
import {DomainName} from "./DomainName.sol";
import {OwnerSignature} from "../storage/OwnerSignature.sol";

/// @title AppRegistry
/// @dev Two roles of the authority: {allowAttestor} behind a delay, {removeAttestor} without. Nothing is ever walked
/// through: a removed attestor, a new owner and a retired app end what hangs on them because each is asked on reading.
contract AppRegistry is IAppRegistry, AccessManaged, EIP712 {
    using AppConsentLib for AppConsent;
    using DomainProofLib for DomainProof;

    /// @dev The app that an account has agreed to act for, as it was then.
    struct Membership {
        AppId appId;
        uint32 epoch;
        uint64 nonce;
    }

    uint256 private constant MAX_CHECK_AGE = 1 days;
    uint256 private constant MAX_LIFETIME = 90 days;
    AppId private constant NO_APP = AppId.wrap(0);

    mapping(AppId appId => App) private _apps;
    mapping(AppId appId => StoredProof) private _proofs;
    mapping(AppId appId => mapping(address account => uint32 epoch)) private _invitations;
    mapping(address account => Membership) private _memberships;
    mapping(address attestor => AttestorStatus) private _attestors;

    constructor(address authority) AccessManaged(authority) EIP712("Persona AppRegistry", "1") {}

    /// @inheritdoc IAppRegistry
    function registerApp(bytes32 salt, string calldata name, string calldata domain, bytes32 metadataDigest)
        external
        returns (AppId appId)
    {
        appId = appIdOf(msg.sender, salt);
        App storage app = _apps[appId];
        if (app.status != AppStatus.None) revert AppAlreadyExists(appId);

        _describe(appId, app, name, domain, metadataDigest);
        app.owner = msg.sender;
        app.status = AppStatus.Active;
        app.epoch = 1;

        emit AppRegistered(appId, msg.sender, salt, name, domain, metadataDigest);
    }

    /// @inheritdoc IAppRegistry
    function updateApp(AppId appId, string calldata name, string calldata domain, bytes32 metadataDigest) external {
        App storage app = _requireOwned(appId);
        bool sameDomain = keccak256(bytes(domain)) == keccak256(bytes(app.domain));

        _describe(appId, app, name, domain, metadataDigest);
        if (!sameDomain) _dropProof(appId);

        emit AppUpdated(appId, msg.sender, name, domain, metadataDigest);
    }

    /// @inheritdoc IAppRegistry
    function setAccount(AppId appId, address account, bool allowed) external {
        App storage app = _requireOwned(appId);
        bool invited = _invitations[appId][account] == app.epoch;
        bool joined = appOf(account) == appId;
        if (allowed) {
            if (invited || joined) return;
            _invitations[appId][account] = app.epoch;
            emit AccountInvited(appId, account);
        } else {
            if (!invited && !joined) return;
            if (invited) delete _invitations[appId][account];
            if (joined) _unbind(account);
            emit AccountRemoved(appId, account);
        }
    }

    /// @inheritdoc IAppRegistry
    function acceptAccount(AppId appId) external {
        _join(appId, _requireActive(appId), msg.sender);
    }

    /// @inheritdoc IAppRegistry
    function acceptAccountBySig(AppId appId, address account, uint40 deadline, bytes calldata signature) external {
        App storage app = _requireActive(appId);
        if (block.timestamp > deadline) revert AccountConsentExpired(appId, deadline, block.timestamp);
        AppConsent memory consent = AppConsent({
            appId: appId,
            account: account,
            owner: app.owner,
            nonce: _memberships[account].nonce,
            deadline: deadline
        });
        if (!OwnerSignature.isValid(account, _hashTypedDataV4(consent.hashStruct()), signature)) {
            revert AccountSignatureInvalid(appId, account);
        }
        _join(appId, app, account);
    }

    /// @inheritdoc IAppRegistry
    function leaveApp() external {
        AppId appId = appOf(msg.sender);
        if (appId == NO_APP) revert AccountNotJoined(msg.sender);

        _unbind(msg.sender);

        emit AccountRemoved(appId, msg.sender);
    }

    /// @inheritdoc IAppRegistry
    function transferApp(AppId appId, address newOwner) external {
        _requireOwned(appId).pendingOwner = newOwner;

        emit AppTransferStarted(appId, msg.sender, newOwner);
    }

    /// @inheritdoc IAppRegistry
    function acceptApp(AppId appId) external {
        App storage app = _requireActive(appId);
        if (app.pendingOwner != msg.sender) revert AppCallerNotPendingOwner(appId, msg.sender, app.pendingOwner);
        address previousOwner = app.owner;

        app.owner = msg.sender;
        app.pendingOwner = address(0);
        ++app.epoch;
        _dropProof(appId);

        emit AppTransferred(appId, previousOwner, msg.sender);
    }

    /// @inheritdoc IAppRegistry
    function retireApp(AppId appId) external {
        App storage app = _requireOwned(appId);

        app.status = AppStatus.Retired;
        app.pendingOwner = address(0);
        _dropProof(appId);

        emit AppRetired(appId, msg.sender);
    }

    /// @inheritdoc IAppRegistry
    function allowAttestor(address attestor) external restricted {
        if (attestor == address(0)) revert AttestorMissing();
        AttestorStatus status = _attestors[attestor];
        if (status == AttestorStatus.Removed) revert AttestorAlreadyRemoved(attestor);
        if (status == AttestorStatus.Allowed) revert AttestorAlreadyAllowed(attestor);

        _attestors[attestor] = AttestorStatus.Allowed;

        emit AttestorAllowed(attestor);
    }

    /// @inheritdoc IAppRegistry
    function removeAttestor(address attestor) external restricted {
        if (attestor == address(0)) revert AttestorMissing();
        if (_attestors[attestor] == AttestorStatus.Removed) revert AttestorAlreadyRemoved(attestor);

        _attestors[attestor] = AttestorStatus.Removed;

        emit AttestorRemoved(attestor);
    }

    /// @inheritdoc IAppRegistry
    function attestDomain(DomainProof calldata proof, address attestor, bytes calldata signature) external {
        AppId appId = proof.appId;
        App storage app = _requireActive(appId);
        if (proof.owner != app.owner) revert DomainProofOwnerMismatched(appId, proof.owner, app.owner);
        bytes32 domainHash = keccak256(bytes(app.domain));
        if (proof.domainHash != domainHash) {
            revert DomainProofDomainMismatched(appId, proof.domainHash, domainHash);
        }
        _requireTimely(appId, proof.checkedAt, proof.expiresAt);
        AttestorStatus status = _attestors[attestor];
        if (status != AttestorStatus.Allowed) revert AttestorNotAllowed(attestor, status);
        if (!OwnerSignature.isValid(attestor, proofDigest(proof), signature)) {
            revert DomainProofSignatureInvalid(appId, attestor);
        }

        _proofs[appId] =
            StoredProof({attestor: attestor, checkedAt: proof.checkedAt, expiresAt: proof.expiresAt});

        emit DomainAttested(appId, attestor, proof);
    }

    /// @inheritdoc IAppRegistry
    function revokeDomainProof(AppId appId) external {
        address attestor = _proofs[appId].attestor;
        if (attestor == address(0)) revert DomainProofMissing(appId);
        address owner = _apps[appId].owner;
        if (msg.sender != owner && msg.sender != attestor) {
            revert DomainProofCallerInvalid(appId, msg.sender, owner, attestor);
        }

        _dropProof(appId);
    }

    /// @inheritdoc IAppRegistry
    function appById(AppId appId) external view returns (App memory) {
        return _apps[appId];
    }

    /// @inheritdoc IAppRegistry
    function domainOf(AppId appId) external view returns (string memory domain, bool proved, uint40 expiresAt) {
        StoredProof memory proof = _proofs[appId];
        domain = _apps[appId].domain;
        // Retiring, a new owner and another domain have dropped the proof; time and governance are asked here.
        proved = block.timestamp < proof.expiresAt && _attestors[proof.attestor] == AttestorStatus.Allowed;
        if (proved) expiresAt = proof.expiresAt;
    }

    /// @inheritdoc IAppRegistry
    function proofOf(AppId appId) external view returns (StoredProof memory) {
        return _proofs[appId];
    }

    /// @inheritdoc IAppRegistry
    function isInvited(AppId appId, address account) external view returns (bool) {
        App storage app = _apps[appId];
        return app.status == AppStatus.Active && _invitations[appId][account] == app.epoch;
    }

    /// @inheritdoc IAppRegistry
    function consentNonceOf(address account) external view returns (uint64) {
        return _memberships[account].nonce;
    }

    /// @inheritdoc IAppRegistry
    function attestorStatusOf(address attestor) external view returns (AttestorStatus) {
        return _attestors[attestor];
    }

    /// @inheritdoc IAppRegistry
    function consentDigest(AppConsent calldata consent) external view returns (bytes32) {
        return _hashTypedDataV4(consent.hashStruct());
    }

    /// @inheritdoc IAppRegistry
    function appOf(address account) public view returns (AppId) {
        Membership storage membership = _memberships[account];
        App storage app = _apps[membership.appId];
        bool joined = app.status == AppStatus.Active && app.epoch == membership.epoch;
        return joined ? membership.appId : NO_APP;
    }

    /// @inheritdoc IAppRegistry
    function appIdOf(address owner, bytes32 salt) public view returns (AppId) {
        return AppId.wrap(keccak256(abi.encode(block.chainid, address(this), owner, salt)));
    }

    /// @inheritdoc IAppRegistry
    function proofDigest(DomainProof calldata proof) public view returns (bytes32) {
        return _hashTypedDataV4(proof.hashStruct());
    }

    function _describe(
        AppId appId,
        App storage app,
        string calldata name,
        string calldata domain,
        bytes32 metadataDigest
    ) private {
        AppName.requireValid(appId, name);
        DomainName.requireValid(appId, domain);
        if (metadataDigest == 0) revert AppDigestMissing(appId);

        app.name = name;
        app.domain = domain;
        app.metadataDigest = metadataDigest;
    }

    function _join(AppId appId, App storage app, address account) private {
        if (_invitations[appId][account] != app.epoch) revert AccountNotInvited(appId, account);
        AppId current = appOf(account);
        if (current != NO_APP) revert AccountAlreadyJoined(appId, account, current);

        delete _invitations[appId][account];
        _memberships[account] =
            Membership({appId: appId, epoch: app.epoch, nonce: _memberships[account].nonce + 1});

        emit AccountJoined(appId, account);
    }

    function _unbind(address account) private {
        _memberships[account] = Membership({appId: NO_APP, epoch: 0, nonce: _memberships[account].nonce + 1});
    }

    /// @dev From now on no check made before counts, whoever kept its signature.
    function _dropProof(AppId appId) private {
        address attestor = _proofs[appId].attestor;

        _proofs[appId] = StoredProof({attestor: address(0), checkedAt: uint40(block.timestamp), expiresAt: 0});

        if (attestor != address(0)) emit DomainProofDropped(appId, attestor);
    }

    function _requireActive(AppId appId) private view returns (App storage app) {
        app = _apps[appId];
        if (app.status != AppStatus.Active) revert AppNotActive(appId, app.status);
    }

    function _requireOwned(AppId appId) private view returns (App storage app) {
        app = _requireActive(appId);
        if (app.owner != msg.sender) revert AppCallerNotOwner(appId, msg.sender, app.owner);
    }

    function _requireTimely(AppId appId, uint40 checkedAt, uint40 expiresAt) private view {
        if (checkedAt > block.timestamp) revert DomainProofTooEarly(appId, checkedAt, block.timestamp);
        if (block.timestamp - checkedAt > MAX_CHECK_AGE) {
            revert DomainProofTooOld(appId, checkedAt, block.timestamp);
        }
        if (expiresAt <= block.timestamp) revert DomainProofExpired(appId, expiresAt, block.timestamp);
        if (expiresAt - checkedAt > MAX_LIFETIME) {
            revert DomainProofTooLong(appId, expiresAt - checkedAt, MAX_LIFETIME);
        }
        uint40 newest = _proofs[appId].checkedAt;
        if (checkedAt <= newest) revert DomainProofSuperseded(appId, checkedAt, newest);
    }
}
