// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IOwnerKeys, RecoveryPlan, RecoveryRequest, RecoveryStatus} from "../../../contracts/interfaces/IOwnerKeys.sol";
import {OwnerKeysKit} from "../helpers/OwnerKeysKit.sol";
import {SmartWallet} from "../helpers/SmartWallet.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Requests, vetoes, and what counts when.
contract OwnerRecoveryTest is OwnerKeysKit {
    function setUp() public {
        begin();
    }

    // requestRecovery

    function test_requestRecovery() public {
        address[3] memory named = [ANNA, BERT, SECOND];
        for (uint256 i = 0; i < named.length; ++i) {
            vm.expectEmit(address(keys));
            emit IOwnerKeys.RecoveryRequested(OWNER, named[i], DEVICE, 1, START + DELAY, START + DELAY + 30 days);
            ask(named[i]);
            RecoveryRequest memory request = keys.recoveryOf(OWNER, named[i]);
            eq(request.deviceKeyId, DEVICE);
            eq(request.requestedAt, START);
            eq(request.ripeAt, START + DELAY);
            eq(request.version, 1);
            yes(request.status == RecoveryStatus.Open);
        }
    }

    function test_requestRecovery_StartsAgain() public {
        ask(ANNA);
        vm.warp(START + DELAY);
        yes(keys.isRipe(OWNER, ANNA));
        ask(ANNA);
        yes(!keys.isRipe(OWNER, ANNA));
        vm.warp(START + 2 * DELAY);
        yes(keys.isRipe(OWNER, ANNA));
    }

    function test_RevertWhen_RequestedForNobody() public {
        expect(abi.encodeWithSelector(IOwnerKeys.CustodyUnknown.selector, STRANGER));
        vm.prank(STRANGER);
        keys.requestRecovery(STRANGER, makePlan(), DEVICE);
    }

    function test_RevertWhen_RequesterIsNotNamed() public {
        address[2] memory others = [OWNER, STRANGER];
        for (uint256 i = 0; i < others.length; ++i) {
            expect(abi.encodeWithSelector(IOwnerKeys.RecoveryCallerNotNamed.selector, OWNER, others[i]));
            ask(others[i]);
        }
    }

    /// A plan of one's own names oneself, and is not the owner's.
    function testFuzz_RevertWhen_PlanIsAnother(address stranger, bytes32 digest, uint8 count) public {
        vm.assume(stranger != SECOND);
        RecoveryPlan memory plan;
        plan.people = new address[](bound(count, 0, 20));
        for (uint256 i = 0; i < plan.people.length; ++i) {
            plan.people[i] = stranger;
        }
        plan.digest = digest;
        bytes32 got = keys.hashPlan(plan);
        eq(got, keccak256(abi.encode(plan)));
        expect(abi.encodeWithSelector(IOwnerKeys.RecoveryPlanMismatched.selector, OWNER, got, planHash()));
        vm.prank(stranger);
        keys.requestRecovery(OWNER, plan, DEVICE);
    }

    /// Zero is nobody's plan and nobody's second wallet.
    function test_RevertWhen_NobodyIsNamed() public {
        vm.prank(ANNA);
        keys.setCustody("hers", 0, address(0), 2 days, 1);
        bytes32 got = planHash();
        expect(abi.encodeWithSelector(IOwnerKeys.RecoveryPlanMismatched.selector, ANNA, got, bytes32(0)));
        vm.prank(BERT);
        keys.requestRecovery(ANNA, makePlan(), DEVICE);
        eq(keys.successorOf(ANNA), address(0));
        yes(!keys.isRipe(ANNA, address(0)));
    }

    function test_RevertWhen_DeviceIsMissing() public {
        expect(abi.encodeWithSelector(IOwnerKeys.RecoveryDeviceMissing.selector, OWNER));
        vm.prank(ANNA);
        keys.requestRecovery(OWNER, makePlan(), 0);
    }

    function test_RevertWhen_RequesterIsBarred() public {
        ask(ANNA);
        veto(OWNER, ANNA);
        expect(abi.encodeWithSelector(IOwnerKeys.RecoveryBarred.selector, OWNER, ANNA));
        ask(ANNA);
        ask(BERT); // nobody else is
        announce(ROOT, SECOND, DELAY, 2);
        vm.warp(START + DELAY);
        keys.concludeChange(OWNER);
        ask(ANNA); // nor under another custody
        yes(keys.recoveryOf(OWNER, ANNA).status == RecoveryStatus.Open);
    }

    // vetoRecovery

    function test_vetoRecovery() public {
        address[2] memory by = [OWNER, SECOND];
        address[2] memory asked = [ANNA, BERT];
        for (uint256 i = 0; i < 2; ++i) {
            ask(asked[i]);
            vm.warp(block.timestamp + DELAY + 1 days);
            yes(keys.isRipe(OWNER, asked[i]));
            vm.expectEmit(address(keys));
            emit IOwnerKeys.RecoveryVetoed(OWNER, asked[i], by[i]);
            veto(by[i], asked[i]);
            yes(!keys.isRipe(OWNER, asked[i]));
            yes(keys.recoveryOf(OWNER, asked[i]).status == RecoveryStatus.Vetoed);
        }
    }

    function test_RevertWhen_VetoedByAnother() public {
        ask(ANNA);
        address[3] memory others = [ANNA, BERT, STRANGER];
        for (uint256 i = 0; i < others.length; ++i) {
            expect(abi.encodeWithSelector(IOwnerKeys.CustodyCallerInvalid.selector, OWNER, others[i]));
            veto(others[i], ANNA);
        }
    }

    function test_RevertWhen_VetoedByAVetoedSecondWallet() public {
        ask(ANNA);
        ask(SECOND);
        veto(OWNER, SECOND);
        expect(abi.encodeWithSelector(IOwnerKeys.CustodyCallerInvalid.selector, OWNER, SECOND));
        veto(SECOND, ANNA);
    }

    function test_RevertWhen_VetoedRequestIsNotOpen() public {
        bytes memory unknown = abi.encodeWithSelector(IOwnerKeys.RecoveryUnknown.selector, OWNER, ANNA);
        expect(unknown);
        veto(OWNER, ANNA);
        ask(ANNA);
        veto(OWNER, ANNA);
        expect(unknown);
        veto(OWNER, ANNA);
    }

    // vetoRecoveryBySig

    function test_vetoRecoveryBySig() public {
        ask(ANNA);
        bytes memory signed = sign(OWNER_KEY, keys.vetoDigest(OWNER, ANNA));
        vm.expectEmit(address(keys));
        emit IOwnerKeys.RecoveryVetoed(OWNER, ANNA, OWNER);
        vm.prank(STRANGER);
        keys.vetoRecoveryBySig(OWNER, ANNA, signed);
        yes(!keys.isRipe(OWNER, ANNA));
    }

    function test_vetoRecoveryBySig_Contract() public {
        address wallet = address(new SmartWallet(OWNER));
        vm.prank(wallet);
        keys.setCustody(ROOT, planHash(), SECOND, DELAY, 1);
        vm.prank(ANNA);
        keys.requestRecovery(wallet, makePlan(), DEVICE);
        bytes32 digest = keys.vetoDigest(wallet, ANNA);
        expect(abi.encodeWithSelector(IOwnerKeys.RecoverySignatureInvalid.selector, wallet));
        keys.vetoRecoveryBySig(wallet, ANNA, sign(OWNER_KEY + 1, digest));
        keys.vetoRecoveryBySig(wallet, ANNA, sign(OWNER_KEY, digest));
        yes(keys.recoveryOf(wallet, ANNA).status == RecoveryStatus.Vetoed);
    }

    function test_vetoDigest() public {
        ask(ANNA);
        bytes32 domainType =
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        bytes32 domain = keccak256(
            abi.encode(domainType, keccak256("Persona OwnerKeys"), keccak256("1"), block.chainid, address(keys))
        );
        bytes32 vetoType = keccak256("RecoveryVeto(address owner,address requester,uint32 version,uint40 requestedAt)");
        bytes32 message = keccak256(abi.encode(vetoType, OWNER, ANNA, 1, START));
        eq(keys.vetoDigest(OWNER, ANNA), keccak256(bytes.concat(hex"1901", domain, message)));
    }

    /// One request's veto is no other's: not of another requester, another moment, or another custody.
    function test_RevertWhen_VetoSignatureIsOfAnotherRequest() public {
        ask(ANNA);
        ask(BERT);
        bytes memory signed = sign(OWNER_KEY, keys.vetoDigest(OWNER, ANNA));
        bytes memory invalid = abi.encodeWithSelector(IOwnerKeys.RecoverySignatureInvalid.selector, OWNER);
        expect(invalid);
        keys.vetoRecoveryBySig(OWNER, BERT, signed);
        vm.warp(START + 1);
        ask(ANNA);
        expect(invalid);
        keys.vetoRecoveryBySig(OWNER, ANNA, signed);
    }

    function testFuzz_RevertWhen_VetoIsSignedByAnother(uint256 key) public {
        key = bound(key, 1, type(uint128).max);
        vm.assume(key != OWNER_KEY);
        ask(ANNA);
        bytes memory signed = sign(key, keys.vetoDigest(OWNER, ANNA));
        expect(abi.encodeWithSelector(IOwnerKeys.RecoverySignatureInvalid.selector, OWNER));
        keys.vetoRecoveryBySig(OWNER, ANNA, signed);
    }

    // isRipe, successorOf

    function testFuzz_isRipe(uint256 later, uint32 delay) public {
        delay = uint32(bound(delay, 2 days, 60 days));
        vm.prank(ANNA);
        keys.setCustody("hers", 0, SECOND, delay, 1);
        vm.prank(SECOND);
        keys.requestRecovery(ANNA, makePlan(), DEVICE);
        later = bound(later, 0, 200 days);
        vm.warp(START + later);
        bool ripe = later >= delay && later < uint256(delay) + 30 days;
        yes(keys.isRipe(ANNA, SECOND) == ripe);
        eq(keys.successorOf(ANNA), ripe ? SECOND : address(0));
    }

    /// People get at the key, not at the datasets.
    function test_successorOf_IsNoPerson() public {
        ask(ANNA);
        vm.warp(START + DELAY);
        yes(keys.isRipe(OWNER, ANNA));
        eq(keys.successorOf(OWNER), address(0));
    }

    function test_isRipe_NotUnderAnotherCustody() public {
        ask(SECOND);
        announce(ROOT, SECOND, DELAY, 2);
        vm.warp(START + DELAY);
        eq(keys.successorOf(OWNER), SECOND);
        keys.concludeChange(OWNER);
        eq(keys.successorOf(OWNER), address(0));
        expect(abi.encodeWithSelector(IOwnerKeys.RecoveryUnknown.selector, OWNER, SECOND));
        veto(OWNER, SECOND);
    }

    function sign(uint256 key, bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }
}
