// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {GrantStatus, IGrantRegistry} from "../../../contracts/interfaces/IGrantRegistry.sol";
import {GrantHash} from "../../../contracts/types/Ids.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {Kit} from "../helpers/Kit.sol";
import {GasBurner, ReturnBomb, ShortAnswer, SmartWallet} from "../helpers/SmartWallet.sol";
import {vm} from "../helpers/Vm.sol";

contract GrantSignaturesTest is Kit {
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    function test_grantBySig() public {
        Terms memory terms = makeTerms();
        GrantHash wanted = grants.hashTerms(terms);
        vm.expectEmit(address(grants));
        emit IGrantRegistry.GrantCreated(wanted, OWNER, REQUESTER, terms);
        vm.prank(STRANGER);
        yes(grants.grantBySig(terms, signTerms(terms, OWNER_KEY)) == wanted);
        yes(grants.grantOf(wanted).status == GrantStatus.Active);
    }

    function test_grantBySig_TwiceDoesNothing() public {
        Terms memory terms = makeTerms();
        bytes memory signed = signTerms(terms, OWNER_KEY);
        grants.grantBySig(terms, signed);
        vm.recordLogs();
        grants.grantBySig(terms, signed);
        grants.grantBySig(terms, "not even a signature");
        eq(vm.getRecordedLogs().length, 0);
    }

    function test_RevertWhen_TermsAreSignedByAnother() public {
        Terms memory terms = makeTerms();
        bytes memory signed = signTerms(terms, WORKER_KEY);
        expectInvalid(terms);
        grants.grantBySig(terms, signed);
    }

    function test_RevertWhen_SignatureHasAnotherLength() public {
        Terms memory terms = makeTerms();
        bytes memory signed = signTerms(terms, OWNER_KEY);
        expectInvalid(terms);
        grants.grantBySig(terms, "");
        expectInvalid(terms);
        grants.grantBySig(terms, bytes.concat(signed, hex"00"));
    }

    function test_RevertWhen_SignedGrantIsRevoked() public {
        Terms memory terms = makeTerms();
        bytes memory signed = signTerms(terms, OWNER_KEY);
        vm.prank(OWNER);
        grants.revoke(terms);
        vm.expectRevert(
            abi.encodeWithSelector(IGrantRegistry.GrantAlreadyRevoked.selector, grants.hashTerms(terms))
        );
        grants.grantBySig(terms, signed);
    }

    function test_RevertWhen_SignedGrantIsOfAnEarlierOwnerEpoch() public {
        Terms memory terms = makeTerms();
        bytes memory signed = signTerms(terms, OWNER_KEY);
        vm.prank(OWNER);
        grants.revokeAll();
        vm.expectPartialRevert(IGrantRegistry.GrantOwnerEpochStale.selector);
        grants.grantBySig(terms, signed);
    }

    function test_revokeBySig() public {
        Terms memory terms = makeTerms();
        GrantHash grantHash = giveGrant(terms);
        vm.expectEmit(address(grants));
        emit IGrantRegistry.GrantRevoked(grantHash, OWNER, datasetId);
        vm.prank(STRANGER);
        grants.revokeBySig(terms, signRevocation(terms, OWNER_KEY));
        yes(grants.grantOf(grantHash).status == GrantStatus.Revoked);
    }

    function test_revokeBySig_YearsLaterAndNeverSubmitted() public {
        Terms memory terms = makeTerms();
        bytes memory signed = signRevocation(terms, OWNER_KEY);
        vm.warp(START + 3650 days);
        GrantHash grantHash = grants.revokeBySig(terms, signed);
        yes(grants.grantOf(grantHash).status == GrantStatus.Revoked);
    }

    function test_RevertWhen_RevocationIsSignedByAnother() public {
        Terms memory terms = makeTerms();
        bytes memory signed = signRevocation(terms, WORKER_KEY);
        expectInvalid(terms);
        grants.revokeBySig(terms, signed);
    }

    function test_RevertWhen_GrantSignatureIsUsedToRevoke() public {
        Terms memory terms = makeTerms();
        bytes memory signed = signTerms(terms, OWNER_KEY);
        expectInvalid(terms);
        grants.revokeBySig(terms, signed);
    }

    // Contract owners

    function test_grantBySig_OfSmartWallet() public {
        Terms memory terms = walletTerms(address(new SmartWallet(OWNER)));
        grants.grantBySig(terms, signTerms(terms, OWNER_KEY));
        grants.revokeBySig(terms, signRevocation(terms, OWNER_KEY));
        yes(grants.grantOf(grants.hashTerms(terms)).status == GrantStatus.Revoked);
    }

    function test_RevertWhen_SmartWalletRefuses() public {
        Terms memory terms = walletTerms(address(new SmartWallet(OWNER)));
        bytes memory signed = signTerms(terms, WORKER_KEY);
        expectInvalid(terms);
        grants.grantBySig(terms, signed);
    }

    /// An EIP-7702 account whose code accepts nothing keeps its own key's rights.
    function test_revokeBySig_OfDelegatedAccountByItsOwnKey() public {
        Terms memory terms = makeTerms();
        GrantHash grantHash = giveGrant(terms);
        SmartWallet other = new SmartWallet(STRANGER);
        vm.etch(OWNER, address(other).code);
        grants.revokeBySig(terms, signRevocation(terms, OWNER_KEY));
        yes(grants.grantOf(grantHash).status == GrantStatus.Revoked);
    }

    function test_RevertWhen_WalletBurnsGas() public {
        Terms memory terms = walletTerms(address(new GasBurner()));
        bytes memory signed = signTerms(terms, OWNER_KEY);
        expectInvalid(terms);
        uint256 before = gasleft();
        grants.grantBySig(terms, signed);
        yes(before - gasleft() < 600_000);
    }

    function test_RevertWhen_WalletFloodsMemory() public {
        Terms memory terms = walletTerms(address(new ReturnBomb()));
        bytes memory signed = signTerms(terms, OWNER_KEY);
        expectInvalid(terms);
        uint256 before = gasleft();
        grants.grantBySig(terms, signed);
        yes(before - gasleft() < 600_000);
    }

    function test_RevertWhen_WalletAnswersTooShort() public {
        Terms memory terms = walletTerms(address(new ShortAnswer()));
        expectInvalid(terms);
        grants.grantBySig(terms, "anything");
    }

    // Digests, built once more by hand

    function test_hashTerms() public view {
        Terms memory t = makeTerms();
        bytes32 policyType =
            keccak256("NodePolicy(uint32 verifierKinds,uint32 vendors,uint96 minStake,bool requesterMayNameNode)");
        bytes32 termsType = keccak256(
            bytes.concat(
                "Terms(address owner,address grantee,bytes32 datasetId,uint8 kind,uint32 maxUses,uint96 price,",
                "address token,uint40 notBefore,uint40 expiresAt,uint32 keyEpoch,uint32 ownerEpoch,",
                "uint32 measurementEpoch,bool followUpgrades,uint64 maxOutputBytes,NodePolicy nodePolicy,",
                "bytes32 scopeHash,bytes32 salt)",
                "NodePolicy(uint32 verifierKinds,uint32 vendors,uint96 minStake,bool requesterMayNameNode)"
            )
        );
        bytes memory head = abi.encode(termsType, t.owner, t.grantee, t.datasetId, t.kind, t.maxUses, t.price, t.token);
        bytes memory middle =
            abi.encode(t.notBefore, t.expiresAt, t.keyEpoch, t.ownerEpoch, t.measurementEpoch, t.followUpgrades);
        bytes32 policy = keccak256(abi.encode(policyType, t.nodePolicy));
        bytes memory tail = abi.encode(t.maxOutputBytes, policy, t.scopeHash, t.salt);
        eq(
            GrantHash.unwrap(grants.hashTerms(t)),
            typedDigest("Persona GrantRegistry", address(grants), keccak256(bytes.concat(head, middle, tail)))
        );
    }

    function test_revocationDigest() public view {
        GrantHash grantHash = GrantHash.wrap("grant");
        bytes32 hash = keccak256(abi.encode(keccak256("Revoke(bytes32 grantHash)"), grantHash));
        eq(grants.revocationDigest(grantHash), typedDigest("Persona GrantRegistry", address(grants), hash));
    }

    // Fuzz

    function testFuzz_grantBySig_AnyKey(uint256 key, bytes32 salt) public {
        key = bound(key, 1, ORDER - 1);
        Terms memory terms = makeTerms();
        terms.owner = vm.addr(key);
        terms.datasetId = registerDataset(terms.owner, salt);
        grants.grantBySig(terms, signTerms(terms, key));
        yes(grants.grantOf(grants.hashTerms(terms)).status == GrantStatus.Active);
    }

    function testFuzz_RevertWhen_SignatureIsNoise(bytes memory noise) public {
        Terms memory terms = makeTerms();
        expectInvalid(terms);
        grants.grantBySig(terms, noise);
    }

    function testFuzz_RevertWhen_AnyFieldChangesAfterSigning(uint8 field, uint256 value) public {
        Terms memory terms = makeTerms();
        bytes memory signed = signTerms(terms, OWNER_KEY);
        GrantHash before = grants.hashTerms(terms);
        field %= 9;
        if (field == 0) terms.grantee = address(uint160(value));
        else if (field == 1) terms.maxUses = uint32(value);
        else if (field == 2) terms.price = uint96(value);
        else if (field == 3) terms.token = address(uint160(value));
        else if (field == 4) terms.expiresAt = uint40(value);
        else if (field == 5) terms.followUpgrades = !terms.followUpgrades;
        else if (field == 6) terms.nodePolicy.minStake = uint96(value);
        else if (field == 7) terms.scopeHash = bytes32(value);
        else terms.maxOutputBytes = uint64(value);
        vm.assume(grants.hashTerms(terms) != before);
        expectInvalid(terms);
        grants.grantBySig(terms, signed);
    }

    function walletTerms(address wallet) private returns (Terms memory terms) {
        terms = makeTerms();
        terms.owner = wallet;
        terms.datasetId = registerDataset(wallet, "wallet");
    }

    function signTerms(Terms memory terms, uint256 key) private view returns (bytes memory) {
        return signature(key, GrantHash.unwrap(grants.hashTerms(terms)));
    }

    function signRevocation(Terms memory terms, uint256 key) private view returns (bytes memory) {
        return signature(key, grants.revocationDigest(grants.hashTerms(terms)));
    }

    function expectInvalid(Terms memory terms) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IGrantRegistry.GrantSignatureInvalid.selector, grants.hashTerms(terms), terms.owner
            )
        );
    }
}
