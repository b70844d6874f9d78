// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {INodeRegistry, NodeStatus} from "../../../contracts/interfaces/INodeRegistry.sol";
import {NodeId} from "../../../contracts/types/Ids.sol";
import {NodeKit} from "../helpers/NodeKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Registration with a signed allowance: what counts is the allowance, however it came to be.
contract NodePermitTest is NodeKit {
    struct Permit {
        uint256 deadline;
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    function test_registerNodeWithPermit() public {
        token.mint(OWNER, 7);
        Permit memory permit = makePermit(OWNER_KEY, 7);
        vm.expectEmit(address(nodes));
        emit INodeRegistry.NodeRegistered(NodeId.wrap(2), OWNER, 1, 7, "here");
        NodeId id = register(OWNER, 7, permit);
        eq(nodes.nodeOf(id).operator, OWNER);
        eq(nodes.nodeOf(id).stake, 7);
        eq(token.allowance(OWNER, address(nodes)), 0);
        eq(token.balanceOf(address(nodes)), STAKE + 7);
    }

    function test_registerNodeWithPermit_SpentByAFrontRunner() public {
        token.mint(OWNER, 7);
        Permit memory permit = makePermit(OWNER_KEY, 7);
        vm.prank(STRANGER);
        IERC20Permit(address(token)).permit(
            OWNER, address(nodes), 7, permit.deadline, permit.v, permit.r, permit.s
        );
        eq(nodes.nodeOf(register(OWNER, 7, permit)).stake, 7);
    }

    function test_Attack_AStrangersPermitTakesNothingFromItsSigner() public {
        token.mint(OWNER, 7);
        Permit memory permit = makePermit(OWNER_KEY, 7);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(nodes), 0, 7)
        );
        register(STRANGER, 7, permit);
        eq(token.balanceOf(OWNER), 7);
    }

    function test_registerNodeWithPermit_InvalidWithAllowance() public {
        token.mint(OWNER, 7);
        vm.prank(OWNER);
        token.approve(address(nodes), 7);
        eq(nodes.nodeOf(register(OWNER, 7, makePermit(WORKER_KEY, 7))).stake, 7);
    }

    function test_registerNodeWithPermit_WithoutStake() public {
        Permit memory none;
        NodeId id = register(STRANGER, 0, none);
        yes(nodes.nodeOf(id).status == NodeStatus.Active);
    }

    function test_RevertWhen_PermitIsInvalidWithoutAllowance() public {
        token.mint(OWNER, 7);
        Permit memory permit = makePermit(WORKER_KEY, 7);
        expectNoAllowance(0);
        register(OWNER, 7, permit);
    }

    function test_RevertWhen_PermitIsTooOld() public {
        token.mint(OWNER, 7);
        Permit memory permit = makePermit(OWNER_KEY, 7);
        vm.warp(permit.deadline + 1);
        expectNoAllowance(0);
        register(OWNER, 7, permit);
    }

    function test_RevertWhen_PermitIsForLess() public {
        token.mint(OWNER, 7);
        Permit memory permit = makePermit(OWNER_KEY, 6);
        vm.prank(STRANGER);
        IERC20Permit(address(token)).permit(
            OWNER, address(nodes), 6, permit.deadline, permit.v, permit.r, permit.s
        );
        expectNoAllowance(6);
        register(OWNER, 7, permit);
    }

    function test_RevertWhen_PermitRegistrationIsInvalid() public {
        Permit memory none;
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NodeRolesInvalid.selector, 8));
        nodes.registerNodeWithPermit(8, 0, "", none.deadline, none.v, none.r, none.s);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NodeEndpointTooLong.selector, 257, 256));
        nodes.registerNodeWithPermit(1, 0, string(new bytes(257)), none.deadline, none.v, none.r, none.s);
    }

    function testFuzz_registerNodeWithPermit(uint96 stake, uint96 permitted) public {
        token.mint(OWNER, stake);
        // A permit for another amount is another permit.
        Permit memory permit = makePermit(OWNER_KEY, permitted);
        bool works = stake == permitted || stake == 0;
        if (!works) expectNoAllowance(0, stake);
        register(OWNER, stake, permit);
        eq(token.balanceOf(address(nodes)), works ? STAKE + stake : STAKE);
    }

    function register(address operator, uint96 stake, Permit memory permit) private returns (NodeId) {
        vm.prank(operator);
        return nodes.registerNodeWithPermit(1, stake, "here", permit.deadline, permit.v, permit.r, permit.s);
    }

    function makePermit(uint256 key, uint256 amount) private view returns (Permit memory permit) {
        bytes32 permitType =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        permit.deadline = START + 1 hours;
        bytes32 hash =
            keccak256(abi.encode(permitType, OWNER, address(nodes), amount, uint256(0), permit.deadline));
        (permit.v, permit.r, permit.s) = vm.sign(key, typedDigest("Persona Dev Token", address(token), hash));
    }

    function expectNoAllowance(uint256 got) private {
        expectNoAllowance(got, 7);
    }

    function expectNoAllowance(uint256 got, uint256 wanted) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientAllowance.selector, address(nodes), got, wanted
            )
        );
    }
}
