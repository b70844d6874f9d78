// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {INodeRegistry, KeyState} from "../../../contracts/interfaces/INodeRegistry.sol";
import {NodeKit} from "../helpers/NodeKit.sol";
import {StubVerifier} from "../helpers/StubVerifier.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Whose evidence counts.
contract EvidenceVerifiersTest is NodeKit {
    function test_allowVerifier() public {
        StubVerifier stub = new StubVerifier(31, false);
        vm.expectEmit(address(nodes));
        emit INodeRegistry.VerifierAllowed(stub, 31);
        nodes.allowVerifier(stub);
        (bool allowed, uint8 kind) = nodes.verifierOf(stub);
        yes(allowed && kind == 31);
        vm.expectEmit(address(nodes));
        emit INodeRegistry.VerifierRemoved(stub);
        nodes.removeVerifier(stub);
        (allowed,) = nodes.verifierOf(stub);
        yes(!allowed);
    }

    function test_RevertWhen_VerifierIsSetByStranger() public {
        bytes memory wanted = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, STRANGER);
        vm.startPrank(STRANGER);
        vm.expectRevert(wanted);
        nodes.allowVerifier(verifier);
        vm.expectRevert(wanted);
        nodes.removeVerifier(verifier);
    }

    function test_RevertWhen_VerifierIsAllowedTwice() public {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.VerifierAlreadyAllowed.selector, verifier));
        nodes.allowVerifier(verifier);
    }

    function test_RevertWhen_RemovedVerifierIsUnknown() public {
        nodes.removeVerifier(verifier);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.VerifierUnknown.selector, verifier));
        nodes.removeVerifier(verifier);
    }

    function test_RevertWhen_KindIsNotInTheBitmap() public {
        expectKindInvalid(new StubVerifier(32, false), 32);
    }

    function test_RevertWhen_SimulatedPassesForAnotherKind() public {
        expectKindInvalid(new StubVerifier(1, true), 1);
        expectKindInvalid(new StubVerifier(0, false), 0);
    }

    function test_RevertWhen_SimulatedOnARealChain() public {
        StubVerifier stub = new StubVerifier(0, true);
        vm.chainId(1);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.VerifierSimulated.selector, stub, 1));
        nodes.allowVerifier(stub);
    }

    /// Keys that it let in live on; only a ban kills them.
    function test_removeVerifier_KeepsItsKeys() public {
        nodes.removeVerifier(verifier);
        yes(nodes.keyStatusOf(WORKER).state == KeyState.Active);
        openClaim();
        nodes.allowVerifier(verifier);
    }

    function testFuzz_allowVerifier(uint8 kind, bool simulated, uint64 chainId) public {
        vm.assume(chainId != 0);
        StubVerifier stub = new StubVerifier(kind, simulated);
        bool dev = chainId == 31337 || chainId == 1337;
        bool allowed = kind < 32 && simulated == (kind == 0) && (!simulated || dev);
        vm.chainId(chainId);
        (bool success,) = address(nodes).call(abi.encodeCall(INodeRegistry.allowVerifier, (stub)));
        yes(success == allowed);
        (bool known, uint8 stored) = nodes.verifierOf(stub);
        yes(known == allowed && stored == (allowed ? kind : 0));
        (success,) = address(nodes).call(abi.encodeCall(INodeRegistry.removeVerifier, (stub)));
        yes(success == allowed);
        (known,) = nodes.verifierOf(stub);
        yes(!known);
    }

    function expectKindInvalid(StubVerifier stub, uint8 kind) private {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.VerifierKindInvalid.selector, stub, kind));
        nodes.allowVerifier(stub);
    }
}
