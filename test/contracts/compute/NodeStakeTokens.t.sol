// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IJobMarket} from "../../../contracts/interfaces/IJobMarket.sol";
import {INodeRegistry, NodeStatus} from "../../../contracts/interfaces/INodeRegistry.sol";
import {NodeId} from "../../../contracts/types/Ids.sol";
import {NodeKit} from "../helpers/NodeKit.sol";
import {FeeToken, LyingToken, ReentrantToken, SilentToken} from "../helpers/Tokens.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Registries whose stake token is none to rely on.
contract NodeStakeTokensTest is NodeKit {
    NodeId private constant FIRST = NodeId.wrap(1);

    function test_RevertWhen_TokenTakesAFee() public {
        FeeToken fee = new FeeToken();
        INodeRegistry registry = registryOf(address(fee));
        fee.mint(OPERATOR, 1000);
        vm.startPrank(OPERATOR);
        fee.approve(address(registry), 1000);
        expectMismatch(address(fee), 99, 100);
        registry.registerNode(1, 100, "");
        registry.registerNode(1, 0, "");
        expectMismatch(address(fee), 49, 50);
        registry.addStake(FIRST, 50);
        eq(registry.nodeOf(FIRST).stake, 0);
        eq(fee.balanceOf(OPERATOR), 1000);
    }

    function test_RevertWhen_TokenLies() public {
        address lying = address(new LyingToken());
        INodeRegistry registry = registryOf(lying);
        expectMismatch(lying, 0, 100);
        registry.registerNode(1, 100, "");
    }

    function test_RevertWhen_TokenIsNoContract() public {
        INodeRegistry registry = registryOf(STRANGER);
        vm.expectRevert();
        registry.registerNode(1, 100, "");
    }

    function test_SilentToken_ComesAndGoes() public {
        SilentToken silent = new SilentToken();
        INodeRegistry registry = registryOf(address(silent));
        silent.mint(OPERATOR, 100);
        vm.startPrank(OPERATOR);
        // It knows no permit either.
        registry.registerNodeWithPermit(1, 60, "", 0, 0, 0, 0);
        registry.addStake(FIRST, 40);
        registry.requestExit(FIRST);
        vm.warp(START + 14 days);
        registry.withdrawStake(FIRST);
        eq(silent.balanceOf(OPERATOR), 100);
        eq(silent.balanceOf(address(registry)), 0);
    }

    // Reentrancy

    function test_Attack_RegisterAgainFromTheTransfer() public {
        bytes memory inner = abi.encodeCall(INodeRegistry.registerNode, (1, 0, ""));
        (, ReentrantToken evil) = attack(inner);
        expectLocked(evil);
    }

    function test_Attack_RegisterWithPermitFromTheTransfer() public {
        bytes memory inner = abi.encodeCall(INodeRegistry.registerNodeWithPermit, (1, 0, "", 0, 0, 0, 0));
        (, ReentrantToken evil) = attack(inner);
        expectLocked(evil);
    }

    function test_Attack_AddStakeFromTheTransfer() public {
        (INodeRegistry registry, ReentrantToken evil) = evilRegistry();
        register(registry, evil, 100);
        evil.arm(address(registry), abi.encodeCall(INodeRegistry.addStake, (FIRST, 1)));
        evil.mint(OPERATOR, 50);
        vm.startPrank(OPERATOR);
        evil.approve(address(registry), 50);
        registry.addStake(FIRST, 50);
        expectLocked(evil);
        eq(registry.nodeOf(FIRST).stake, 150);
        eq(evil.balanceOf(address(registry)), 150);
    }

    function test_Attack_WithdrawFromTheWithdrawal() public {
        (INodeRegistry registry, ReentrantToken evil) = evilRegistry();
        register(registry, evil, 100);
        register(registry, evil, 100);
        vm.startPrank(OPERATOR);
        registry.requestExit(FIRST);
        vm.warp(START + 14 days);
        evil.arm(address(registry), abi.encodeCall(INodeRegistry.withdrawStake, (FIRST)));
        registry.withdrawStake(FIRST);
        expectLocked(evil);
        eq(evil.balanceOf(OPERATOR), 100);
    }

    function test_Attack_WithdrawByAStakerThatIsTheToken() public {
        (INodeRegistry registry, ReentrantToken evil) = evilRegistry();
        // The token itself operates a node, so that its call within the transfer is an operator's.
        vm.startPrank(address(evil));
        registry.registerNode(1, 0, "");
        registry.requestExit(FIRST);
        vm.stopPrank();
        register(registry, evil, 100);
        vm.warp(START + 14 days);
        evil.arm(address(registry), abi.encodeCall(INodeRegistry.withdrawStake, (FIRST)));
        evil.mint(OPERATOR, 50);
        vm.startPrank(OPERATOR);
        evil.approve(address(registry), 50);
        registry.addStake(NodeId.wrap(2), 50);
        expectLocked(evil);
        yes(registry.nodeOf(FIRST).status == NodeStatus.Exiting);
    }

    /// What is not locked, because it moves no tokens, sees the books already written.
    function test_Attack_ExitFromTheTransfer() public {
        (INodeRegistry registry, ReentrantToken evil) = evilRegistry();
        evil.mint(address(evil), 100);
        vm.startPrank(address(evil));
        evil.approve(address(registry), 100);
        evil.arm(address(registry), abi.encodeCall(INodeRegistry.requestExit, (FIRST)));
        registry.registerNode(1, 100, "");
        vm.stopPrank();
        yes(evil.succeeded());
        yes(registry.nodeOf(FIRST).status == NodeStatus.Exiting);
        eq(registry.nodeOf(FIRST).stake, 100);
        eq(registry.nodeOf(FIRST).weight, 0);
        eq(evil.balanceOf(address(registry)), 100);
    }

    function testFuzz_Attack_NoCallFromTheTransferMovesTokens(uint8 kind, uint96 amount) public {
        bytes[5] memory inner = [
            abi.encodeCall(INodeRegistry.registerNode, (1, amount, "")),
            abi.encodeCall(INodeRegistry.addStake, (FIRST, amount)),
            abi.encodeCall(INodeRegistry.withdrawStake, (FIRST)),
            abi.encodeCall(INodeRegistry.executeSlash, (1)),
            abi.encodeCall(INodeRegistry.withdrawCompensation, ())
        ];
        (INodeRegistry registry, ReentrantToken evil) = attack(inner[kind % 5]);
        yes(!evil.succeeded());
        eq(registry.nodeCount(), 1);
        eq(evil.balanceOf(address(registry)), 100);
    }

    /// @dev Registers, with `inner` called from within the transfer.
    function attack(bytes memory inner) private returns (INodeRegistry registry, ReentrantToken evil) {
        (registry, evil) = evilRegistry();
        evil.mint(OPERATOR, 100);
        evil.arm(address(registry), inner);
        vm.startPrank(OPERATOR);
        evil.approve(address(registry), 100);
        registry.registerNode(1, 100, "");
        vm.stopPrank();
    }

    function evilRegistry() private returns (INodeRegistry registry, ReentrantToken evil) {
        evil = new ReentrantToken();
        registry = registryOf(address(evil));
    }

    function register(INodeRegistry registry, ReentrantToken evil, uint96 amount) private {
        evil.mint(OPERATOR, amount);
        vm.startPrank(OPERATOR);
        evil.approve(address(registry), amount);
        registry.registerNode(1, amount, "");
        vm.stopPrank();
    }

    function registryOf(address stakeToken) private returns (INodeRegistry) {
        bytes memory arguments =
            abi.encode(IERC20(stakeToken), measurements, market, authority, BOND, address(0));
        return INodeRegistry(make("compute", "NodeRegistry", arguments));
    }

    function expectMismatch(address stakeToken, uint256 arrived, uint256 wanted) private {
        vm.expectRevert(
            abi.encodeWithSelector(IJobMarket.TokenAmountMismatched.selector, stakeToken, arrived, wanted)
        );
    }

    function expectLocked(ReentrantToken evil) private view {
        yes(!evil.succeeded());
        bytes4 wanted = ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector;
        eq(bytes32(bytes4(evil.answer())), bytes32(wanted));
    }
}
