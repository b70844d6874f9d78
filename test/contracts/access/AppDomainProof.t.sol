// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {AppStatus, AttestorStatus, IAppRegistry, StoredProof} from "../../../contracts/interfaces/IAppRegistry.sol";
import {DomainProof} from "../../../contracts/types/DomainProof.sol";
import {AppId} from "../../../contracts/types/Ids.sol";
import {AppKit} from "../helpers/AppKit.sol";
import {GasBurner, SmartWallet} from "../helpers/SmartWallet.sol";
import {vm} from "../helpers/Vm.sol";

contract AppDomainProofTest is AppKit {
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    // attestDomain

    function test_attestDomain() public {
        DomainProof memory proof = makeProof();
        bytes memory signed = signProof(proof, ATTESTOR_KEY);
        vm.expectEmit(address(apps));
        emit IAppRegistry.DomainAttested(appId, ATTESTOR, proof);
        vm.prank(STRANGER);
        apps.attestDomain(proof, ATTESTOR, signed);
        (string memory domain, bool proved, uint40 expiresAt) = apps.domainOf(appId);
        eq(keccak256(bytes(domain)), keccak256(bytes(DOMAIN)));
        yes(proved);
        eq(expiresAt, proof.expiresAt);
        StoredProof memory stored = apps.proofOf(appId);
        eq(stored.attestor, ATTESTOR);
        eq(stored.checkedAt, proof.checkedAt);
        eq(stored.expiresAt, proof.expiresAt);
    }

    function test_domainOf_ProofExpires() public {
        DomainProof memory proof = prove();
        vm.warp(proof.expiresAt - 1);
        yes(isProved(appId));
        vm.warp(proof.expiresAt);
        (, bool proved, uint40 expiresAt) = apps.domainOf(appId);
        yes(!proved);
        eq(expiresAt, 0);
    }

    function test_domainOf_UnknownApp() public view {
        (string memory domain, bool proved, uint40 expiresAt) = apps.domainOf(AppId.wrap("unknown"));
        eq(bytes(domain).length, 0);
        yes(!proved);
        eq(expiresAt, 0);
    }

    function test_attestDomain_LaterReplacesEvenWhereItIsShorter() public {
        prove();
        apps.allowAttestor(SECOND_ATTESTOR);
        vm.warp(block.timestamp + 1 hours);
        DomainProof memory proof = makeProof();
        proof.expiresAt = uint40(block.timestamp + 1 days);
        apps.attestDomain(proof, SECOND_ATTESTOR, signProof(proof, SECOND_ATTESTOR_KEY));
        eq(apps.proofOf(appId).attestor, SECOND_ATTESTOR);
        eq(apps.proofOf(appId).expiresAt, proof.expiresAt);
    }

    function test_attestDomain_BySmartWallet() public {
        address wallet = address(new SmartWallet(ATTESTOR));
        apps.allowAttestor(wallet);
        DomainProof memory proof = makeProof();
        apps.attestDomain(proof, wallet, signProof(proof, ATTESTOR_KEY));
        yes(isProved(appId));
    }

    function test_RevertWhen_AttestingWalletBurnsGas() public {
        address wallet = address(new GasBurner());
        apps.allowAttestor(wallet);
        DomainProof memory proof = makeProof();
        expectInvalid(wallet);
        apps.attestDomain(proof, wallet, "");
    }

    function test_attestDomain_AtTheLimits() public {
        DomainProof memory proof = makeProof();
        proof.expiresAt = proof.checkedAt + 90 days;
        vm.warp(uint256(proof.checkedAt) + 1 days);
        attest(proof);
        yes(isProved(appId));
    }

    function test_RevertWhen_ProofIsForAnUnknownApp() public {
        DomainProof memory proof = makeProof();
        proof.appId = AppId.wrap("unknown");
        bytes memory signed = signProof(proof, ATTESTOR_KEY);
        expectNotActive(proof.appId, AppStatus.None);
        apps.attestDomain(proof, ATTESTOR, signed);
    }

    function test_RevertWhen_ProofIsForARetiredApp() public {
        DomainProof memory proof = makeProof();
        bytes memory signed = signProof(proof, ATTESTOR_KEY);
        retire();
        expectNotActive(appId, AppStatus.Retired);
        apps.attestDomain(proof, ATTESTOR, signed);
    }

    function test_RevertWhen_ProofIsForAnotherOwner() public {
        DomainProof memory proof = makeProof();
        proof.owner = STRANGER;
        bytes memory signed = signProof(proof, ATTESTOR_KEY);
        vm.expectRevert(
            abi.encodeWithSelector(IAppRegistry.DomainProofOwnerMismatched.selector, appId, STRANGER, OWNER)
        );
        apps.attestDomain(proof, ATTESTOR, signed);
    }

    function test_RevertWhen_ProofIsForAnotherDomain() public {
        DomainProof memory proof = makeProof();
        proof.domainHash = keccak256("bank.example");
        bytes memory signed = signProof(proof, ATTESTOR_KEY);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAppRegistry.DomainProofDomainMismatched.selector,
                appId,
                proof.domainHash,
                keccak256(bytes(DOMAIN))
            )
        );
        apps.attestDomain(proof, ATTESTOR, signed);
    }

    /// The signature covers the app: another app of the same owner and domain is not proved by it.
    function test_RevertWhen_ProofIsForAnotherApp() public {
        AppId other = registerApp(OWNER, "other", DOMAIN);
        DomainProof memory proof = makeProof();
        bytes memory signed = signProof(proof, ATTESTOR_KEY);
        proof.appId = other;
        vm.expectRevert(
            abi.encodeWithSelector(IAppRegistry.DomainProofSignatureInvalid.selector, other, ATTESTOR)
        );
        apps.attestDomain(proof, ATTESTOR, signed);
    }

    function test_RevertWhen_ProofIsOfAnotherChainOrRegistry() public {
        DomainProof memory proof = makeProof();
        uint256 chainId = block.chainid;
        vm.chainId(1);
        bytes memory elsewhere = signProof(proof, ATTESTOR_KEY);
        vm.chainId(chainId);
        bytes memory otherRegistry = signature(ATTESTOR_KEY, deployRegistry().proofDigest(proof));
        expectInvalid(ATTESTOR);
        apps.attestDomain(proof, ATTESTOR, elsewhere);
        expectInvalid(ATTESTOR);
        apps.attestDomain(proof, ATTESTOR, otherRegistry);
    }

    function test_RevertWhen_ProofSignatureIsMalleated() public {
        DomainProof memory proof = makeProof();
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(ATTESTOR_KEY, apps.proofDigest(proof));
        bytes memory other = abi.encodePacked(r, bytes32(ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        expectInvalid(ATTESTOR);
        apps.attestDomain(proof, ATTESTOR, other);
    }

    function test_RevertWhen_ProofIsSignedByAnother() public {
        apps.allowAttestor(SECOND_ATTESTOR);
        DomainProof memory proof = makeProof();
        bytes memory signed = signProof(proof, SECOND_ATTESTOR_KEY);
        expectInvalid(ATTESTOR);
        apps.attestDomain(proof, ATTESTOR, signed);
    }

    function test_RevertWhen_CheckIsInTheFuture() public {
        DomainProof memory proof = makeProof();
        proof.checkedAt = uint40(block.timestamp + 1);
        bytes memory signed = signProof(proof, ATTESTOR_KEY);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAppRegistry.DomainProofTooEarly.selector, appId, proof.checkedAt, block.timestamp
            )
        );
        apps.attestDomain(proof, ATTESTOR, signed);
    }

    function test_RevertWhen_CheckIsOlderThanADay() public {
        DomainProof memory proof = makeProof();
        bytes memory signed = signProof(proof, ATTESTOR_KEY);
        vm.warp(uint256(proof.checkedAt) + 1 days + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAppRegistry.DomainProofTooOld.selector, appId, proof.checkedAt, block.timestamp
            )
        );
        apps.attestDomain(proof, ATTESTOR, signed);
    }

    function test_RevertWhen_ProofHasExpired() public {
        DomainProof memory proof = makeProof();
        proof.expiresAt = uint40(block.timestamp);
        bytes memory signed = signProof(proof, ATTESTOR_KEY);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAppRegistry.DomainProofExpired.selector, appId, proof.expiresAt, block.timestamp
            )
        );
        apps.attestDomain(proof, ATTESTOR, signed);
    }

    function test_RevertWhen_ProofLivesLongerThan90Days() public {
        DomainProof memory proof = makeProof();
        proof.expiresAt = proof.checkedAt + 90 days + 1;
        bytes memory signed = signProof(proof, ATTESTOR_KEY);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAppRegistry.DomainProofTooLong.selector, appId, 90 days + 1, uint256(90 days)
            )
        );
        apps.attestDomain(proof, ATTESTOR, signed);
    }

    // Replay

    function test_RevertWhen_ProofIsSentTwice() public {
        DomainProof memory proof = prove();
        bytes memory signed = signProof(proof, ATTESTOR_KEY);
        expectSuperseded(proof.checkedAt, proof.checkedAt);
        apps.attestDomain(proof, ATTESTOR, signed);
    }

    function test_RevertWhen_OlderProofComesAfterANewerOne() public {
        DomainProof memory old = prove();
        bytes memory signed = signProof(old, ATTESTOR_KEY);
        vm.warp(block.timestamp + 1 hours);
        uint40 newest = prove().checkedAt;
        expectSuperseded(old.checkedAt, newest);
        apps.attestDomain(old, ATTESTOR, signed);
    }

    /// Each of these drops the proof; whoever kept the signature cannot bring it back within its day.
    function test_RevertWhen_DroppedProofIsSentAgain() public {
        for (uint256 way = 0; way < 3; ++way) {
            vm.warp(block.timestamp + 1 hours);
            DomainProof memory proof = prove();
            bytes memory signed = signProof(proof, ATTESTOR_KEY);
            vm.warp(block.timestamp + 1 hours);
            if (way == 0) {
                vm.prank(OWNER);
                apps.revokeDomainProof(appId);
            } else if (way == 1) {
                transfer(appId, OWNER, STRANGER);
                transfer(appId, STRANGER, OWNER);
            } else {
                vm.startPrank(OWNER);
                apps.updateApp(appId, NAME, "bank.example", METADATA);
                apps.updateApp(appId, NAME, DOMAIN, METADATA);
                vm.stopPrank();
            }
            expectSuperseded(proof.checkedAt, uint40(block.timestamp));
            apps.attestDomain(proof, ATTESTOR, signed);
            yes(!isProved(appId));
        }
    }

    /// A second signature, checked before the proof was dropped and never sent, is as dead.
    function test_RevertWhen_UnsentProofOfBeforeTheTransferIsSent() public {
        DomainProof memory proof = makeProof();
        bytes memory signed = signProof(proof, ATTESTOR_KEY);
        transfer(appId, OWNER, STRANGER);
        transfer(appId, STRANGER, OWNER);
        vm.expectPartialRevert(IAppRegistry.DomainProofSuperseded.selector);
        apps.attestDomain(proof, ATTESTOR, signed);
    }

    function test_attestDomain_AnewAfterADrop() public {
        prove();
        vm.prank(OWNER);
        apps.revokeDomainProof(appId);
        vm.warp(block.timestamp + 1);
        prove();
        yes(isProved(appId));
    }

    // revokeDomainProof

    function test_revokeDomainProof_ByOwnerOrAttestor() public {
        address[2] memory callers = [OWNER, ATTESTOR];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.warp(block.timestamp + 1);
            prove();
            vm.expectEmit(address(apps));
            emit IAppRegistry.DomainProofDropped(appId, ATTESTOR);
            vm.prank(callers[i]);
            apps.revokeDomainProof(appId);
            yes(!isProved(appId));
            eq(apps.proofOf(appId).attestor, address(0));
        }
    }

    function test_RevertWhen_ProofIsRevokedByAnother() public {
        prove();
        apps.allowAttestor(SECOND_ATTESTOR);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAppRegistry.DomainProofCallerInvalid.selector, appId, SECOND_ATTESTOR, OWNER, ATTESTOR
            )
        );
        vm.prank(SECOND_ATTESTOR);
        apps.revokeDomainProof(appId);
    }

    function test_RevertWhen_ThereIsNoProofToRevoke() public {
        expectMissing();
        vm.prank(OWNER);
        apps.revokeDomainProof(appId);
        prove();
        vm.startPrank(OWNER);
        apps.revokeDomainProof(appId);
        expectMissing();
        apps.revokeDomainProof(appId);
        vm.stopPrank();
    }

    // Attestors

    function test_allowAttestor() public {
        yes(apps.attestorStatusOf(SECOND_ATTESTOR) == AttestorStatus.None);
        vm.expectEmit(address(apps));
        emit IAppRegistry.AttestorAllowed(SECOND_ATTESTOR);
        apps.allowAttestor(SECOND_ATTESTOR);
        yes(apps.attestorStatusOf(SECOND_ATTESTOR) == AttestorStatus.Allowed);
    }

    function test_removeAttestor_KillsItsProofsAtOnce() public {
        AppId other = registerApp(OWNER, "other", DOMAIN);
        prove();
        DomainProof memory proof = makeProof();
        proof.appId = other;
        attest(proof);
        vm.expectEmit(address(apps));
        emit IAppRegistry.AttestorRemoved(ATTESTOR);
        apps.removeAttestor(ATTESTOR);
        yes(apps.attestorStatusOf(ATTESTOR) == AttestorStatus.Removed);
        yes(!isProved(appId));
        yes(!isProved(other));
        (,, uint40 expiresAt) = apps.domainOf(appId);
        eq(expiresAt, 0);
    }

    function test_RevertWhen_AttestorIsNotAllowed() public {
        DomainProof memory proof = makeProof();
        bytes memory signed = signProof(proof, SECOND_ATTESTOR_KEY);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAppRegistry.AttestorNotAllowed.selector, SECOND_ATTESTOR, AttestorStatus.None
            )
        );
        apps.attestDomain(proof, SECOND_ATTESTOR, signed);
    }

    function test_RevertWhen_AttestorWasRemoved() public {
        DomainProof memory proof = makeProof();
        bytes memory signed = signProof(proof, ATTESTOR_KEY);
        apps.removeAttestor(ATTESTOR);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAppRegistry.AttestorNotAllowed.selector, ATTESTOR, AttestorStatus.Removed
            )
        );
        apps.attestDomain(proof, ATTESTOR, signed);
    }

    /// Else its old proofs would come back to life.
    function test_RevertWhen_RemovedAttestorIsAllowed() public {
        apps.removeAttestor(ATTESTOR);
        vm.expectRevert(abi.encodeWithSelector(IAppRegistry.AttestorAlreadyRemoved.selector, ATTESTOR));
        apps.allowAttestor(ATTESTOR);
    }

    function test_RevertWhen_AttestorIsAllowedTwice() public {
        vm.expectRevert(abi.encodeWithSelector(IAppRegistry.AttestorAlreadyAllowed.selector, ATTESTOR));
        apps.allowAttestor(ATTESTOR);
    }

    function test_RevertWhen_AttestorIsRemovedTwice() public {
        apps.removeAttestor(ATTESTOR);
        vm.expectRevert(abi.encodeWithSelector(IAppRegistry.AttestorAlreadyRemoved.selector, ATTESTOR));
        apps.removeAttestor(ATTESTOR);
    }

    /// The quick role stops one whom the slow role is about to allow.
    function test_RevertWhen_AttestorWasRemovedBeforeItWasAllowed() public {
        apps.removeAttestor(SECOND_ATTESTOR);
        vm.expectRevert(abi.encodeWithSelector(IAppRegistry.AttestorAlreadyRemoved.selector, SECOND_ATTESTOR));
        apps.allowAttestor(SECOND_ATTESTOR);
    }

    function test_RevertWhen_AttestorIsZero() public {
        vm.expectRevert(abi.encodeWithSelector(IAppRegistry.AttestorMissing.selector));
        apps.allowAttestor(address(0));
        vm.expectRevert(abi.encodeWithSelector(IAppRegistry.AttestorMissing.selector));
        apps.removeAttestor(address(0));
    }

    /// Allowing waits for its delay, removing does not.
    function test_AttestorRoles_AllowWaitsAndRemoveDoesNot() public {
        authority.grantRole(1, STRANGER, 2 days);
        authority.grantRole(2, SECOND_OPERATOR, 0);
        setRole(IAppRegistry.allowAttestor.selector, 1);
        setRole(IAppRegistry.removeAttestor.selector, 2);
        vm.warp(block.timestamp + 1);
        prove();

        bytes memory allow = abi.encodeCall(IAppRegistry.allowAttestor, (SECOND_ATTESTOR));
        vm.startPrank(STRANGER);
        vm.expectPartialRevert(IAccessManager.AccessManagerNotScheduled.selector);
        apps.allowAttestor(SECOND_ATTESTOR);
        authority.schedule(address(apps), allow, 0);
        vm.warp(block.timestamp + 2 days);
        apps.allowAttestor(SECOND_ATTESTOR);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, STRANGER));
        apps.removeAttestor(ATTESTOR);
        vm.stopPrank();

        vm.prank(SECOND_OPERATOR);
        apps.removeAttestor(ATTESTOR);
        yes(!isProved(appId));
    }

    function test_proofDigest() public view {
        DomainProof memory p = makeProof();
        bytes32 typeHash = keccak256(
            bytes.concat(
                "DomainProof(bytes32 appId,bytes32 domainHash,address owner,uint40 checkedAt,",
                "uint40 expiresAt,bytes32 evidenceHash)"
            )
        );
        bytes32 hash = keccak256(
            abi.encode(typeHash, p.appId, p.domainHash, p.owner, p.checkedAt, p.expiresAt, p.evidenceHash)
        );
        eq(apps.proofDigest(p), typedDigest("Persona AppRegistry", address(apps), hash));
    }

    // Fuzz

    function testFuzz_attestDomain_Times(uint40 checkedAt, uint40 expiresAt, uint40 timestamp) public {
        timestamp = uint40(bound(timestamp, START + 1, START + 200 days));
        checkedAt = uint40(bound(checkedAt, timestamp - 3 days, uint256(timestamp) + 1 days));
        expiresAt = uint40(bound(expiresAt, checkedAt, uint256(checkedAt) + 100 days));
        vm.warp(timestamp);
        DomainProof memory proof = makeProof();
        (proof.checkedAt, proof.expiresAt) = (checkedAt, expiresAt);
        bool good = checkedAt <= timestamp && timestamp - checkedAt <= 1 days && expiresAt > timestamp
            && expiresAt - checkedAt <= 90 days;
        bytes memory signed = signProof(proof, ATTESTOR_KEY);
        try apps.attestDomain(proof, ATTESTOR, signed) {
            yes(good);
        } catch {
            yes(!good);
        }
        yes(isProved(appId) == good);
    }

    function testFuzz_attestDomain_NewestCheckStays(uint16[6] memory ages) public {
        vm.warp(START + 10 days);
        uint40 newest = 0;
        for (uint256 i = 0; i < ages.length; ++i) {
            DomainProof memory proof = makeProof();
            proof.checkedAt -= ages[i];
            bytes memory signed = signProof(proof, ATTESTOR_KEY);
            if (proof.checkedAt <= newest) vm.expectPartialRevert(IAppRegistry.DomainProofSuperseded.selector);
            else newest = proof.checkedAt;
            apps.attestDomain(proof, ATTESTOR, signed);
            eq(apps.proofOf(appId).checkedAt, newest);
        }
    }

    function testFuzz_RevertWhen_ProofDiffersFromWhatWasSigned(uint8 field, uint256 value) public {
        DomainProof memory proof = makeProof();
        bytes memory signed = signProof(proof, ATTESTOR_KEY);
        bytes32 before = apps.proofDigest(proof);
        field %= 6;
        if (field == 0) proof.appId = AppId.wrap(bytes32(value));
        else if (field == 1) proof.domainHash = bytes32(value);
        else if (field == 2) proof.owner = address(uint160(value));
        else if (field == 3) proof.checkedAt = uint40(bound(value, block.timestamp - 1 days, block.timestamp));
        else if (field == 4) proof.expiresAt = uint40(bound(value, block.timestamp + 1, block.timestamp + 89 days));
        else proof.evidenceHash = bytes32(value);
        vm.assume(apps.proofDigest(proof) != before);
        vm.expectRevert();
        apps.attestDomain(proof, ATTESTOR, signed);
    }

    function testFuzz_RevertWhen_ProofSignatureIsNoise(bytes memory noise) public {
        expectInvalid(ATTESTOR);
        apps.attestDomain(makeProof(), ATTESTOR, noise);
    }

    function testFuzz_revokeDomainProof_OnlyOwnerAndAttestor(address caller) public {
        prove();
        bool may = caller == OWNER || caller == ATTESTOR;
        if (!may) vm.expectPartialRevert(IAppRegistry.DomainProofCallerInvalid.selector);
        vm.prank(caller);
        apps.revokeDomainProof(appId);
        yes(isProved(appId) == !may);
    }

    function testFuzz_allowAttestor_OnlyByTheAuthority(address caller, address attestor) public {
        vm.assume(attestor != address(0) && attestor != ATTESTOR);
        if (caller != address(this)) expectUnauthorized(caller);
        vm.prank(caller);
        apps.allowAttestor(attestor);
        yes((apps.attestorStatusOf(attestor) == AttestorStatus.Allowed) == (caller == address(this)));
    }

    function testFuzz_removeAttestor_OnlyByTheAuthority(address caller, address attestor) public {
        vm.assume(attestor != address(0));
        if (caller != address(this)) expectUnauthorized(caller);
        vm.prank(caller);
        apps.removeAttestor(attestor);
        yes((apps.attestorStatusOf(attestor) == AttestorStatus.Removed) == (caller == address(this)));
    }

    function expectUnauthorized(address caller) private {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, caller));
    }

    function setRole(bytes4 selector, uint64 role) private {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = selector;
        authority.setTargetFunctionRole(address(apps), selectors, role);
    }

    function expectInvalid(address attestor) private {
        vm.expectRevert(
            abi.encodeWithSelector(IAppRegistry.DomainProofSignatureInvalid.selector, appId, attestor)
        );
    }

    function expectSuperseded(uint40 got, uint40 newest) private {
        vm.expectRevert(
            abi.encodeWithSelector(IAppRegistry.DomainProofSuperseded.selector, appId, got, newest)
        );
    }

    function expectMissing() private {
        vm.expectRevert(abi.encodeWithSelector(IAppRegistry.DomainProofMissing.selector, appId));
    }
}
