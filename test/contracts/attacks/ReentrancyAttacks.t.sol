// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IJobMarket, JobStatus, Settlement} from "../../../contracts/interfaces/IJobMarket.sol";
import {ClaimOutcome, INodeRegistry} from "../../../contracts/interfaces/INodeRegistry.sol";
import {NodeId} from "../../../contracts/types/Ids.sol";
import {JobRequest} from "../../../contracts/types/JobParams.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {AttackKit} from "../helpers/AttackKit.sol";
import {CallbackToken} from "../helpers/HostileTokens.sol";
import {Posted} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev An operator whose ERC-721 hook registers once more. Nobody calls it.
contract GreedyOperator {
    INodeRegistry private immutable NODES;
    uint256 public calls;

    constructor(INodeRegistry nodes, IERC20 token) {
        NODES = nodes;
        token.approve(address(nodes), type(uint256).max);
    }

    function register(uint96 stake) external returns (NodeId) {
        return NODES.registerNode(1, stake, "");
    }

    function onERC721Received(address, address, uint256, bytes calldata) external returns (bytes4) {
        ++calls;
        NODES.registerNode(1, 0, "");
        return this.onERC721Received.selector;
    }
}

/// @dev Against calls in progress, by tokens that call back before and after they move.
contract ReentrancyAttacksTest is AttackKit {
    bytes4 private constant LOCKED = ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector;

    CallbackToken private money;

    function test_Attack_ReenterWithdrawFromWithdraw() public {
        for (uint256 i = 0; i < 2; ++i) {
            Posted memory job = hostileJob(bytes32(i));
            settle(job, 0);
            arm(address(market), abi.encodeCall(IJobMarket.withdraw, (address(money))), i == 1);
            vm.prank(OWNER);
            market.withdraw(address(money));
            expectLocked();
            eq(money.balanceOf(OWNER), PRICE);
            eq(money.balanceOf(address(market)), FEE + PROTOCOL_FEE);
        }
    }

    function test_Attack_ReenterBurnFromBurn() public {
        for (uint256 i = 0; i < 2; ++i) {
            Posted memory job = hostileJob(bytes32(i));
            settle(job, 0);
            arm(address(market), abi.encodeCall(IJobMarket.burnProtocolFees, (address(money))), i == 1);
            market.burnProtocolFees(address(money));
            expectLocked();
            eq(money.balanceOf(BURNED), PROTOCOL_FEE);
            eq(money.balanceOf(address(market)), PRICE + FEE);
            eq(market.tokenOf(address(money)).collected, 0);
        }
    }

    function test_Attack_ReenterWithdrawFromBurn() public {
        Posted memory job = hostileJob("job");
        settle(job, 0);
        arm(address(market), abi.encodeCall(IJobMarket.withdraw, (address(money))), false);
        market.burnProtocolFees(address(money));
        expectLocked();
    }

    /// Between the two readings of the balance nothing leaves the market, so nothing is counted twice.
    function test_Attack_ReenterWithdrawFromSubmit() public {
        for (uint256 i = 0; i < 2; ++i) {
            Posted memory job = hostileJob(bytes32(i));
            settle(job, 0);
            arm(address(market), abi.encodeCall(IJobMarket.withdraw, (address(money))), i == 1);
            submitAgain("second");
            expectLocked();
            arm(address(market), abi.encodeCall(IJobMarket.burnProtocolFees, (address(money))), i == 1);
            submitAgain("third");
            expectLocked();
            eq(money.balanceOf(address(market)), 3 * uint256(PRICE + FEE + PROTOCOL_FEE));
        }
    }

    /// One transfer would pay for two jobs.
    function test_Attack_ReenterSubmitFromSubmit() public {
        hostileJob("job");
        Terms memory terms = hostileTerms();
        JobRequest memory request = makeRequest(one(terms));
        request.salt = "inner";
        arm(address(market), abi.encodeCall(IJobMarket.submitJob, (request, one(terms))), false);
        submitAgain("outer");
        expectLocked();
        arm(
            address(market),
            abi.encodeCall(IJobMarket.submitJobWithSignatures, (request, one(terms), new bytes[](1))),
            true
        );
        submitAgain("another");
        expectLocked();
        arm(address(market), abi.encodeCall(IJobMarket.requestRead, ("r", "s", "b", one(terms))), true);
        submitAgain("a third");
        expectLocked();
    }

    /// Within the transfer that pays for a job, another may settle; the money of both is there in the end.
    function test_Attack_ReenterSettleFromSubmit() public {
        Posted memory job = hostileJob("job");
        Settlement memory settlement = makeSettlement(job, makeReceipt(job, 1, 0), WORKER_KEY);
        arm(address(market), abi.encodeCall(IJobMarket.settleJob, (settlement)), false);
        submitAgain("second");
        yes(market.jobOf(job.id).status == JobStatus.Settled);
        uint256 total = PRICE + FEE + PROTOCOL_FEE;
        eq(money.balanceOf(address(market)), 2 * total);
        address m = address(money);
        uint256 owedNow = market.balanceOf(m, OWNER) + market.balanceOf(m, OPERATOR) + market.tokenOf(m).collected;
        eq(owedNow, total);
    }

    /// A job that is not paid for yet is taken back within its own payment, and the payment then fails: nothing has happened.
    function test_Attack_CancelWhatIsNotPaidFor() public {
        hostileJob("job");
        Terms memory terms = hostileTerms();
        JobRequest memory request = makeRequest(one(terms));
        request.salt = "unpaid";
        Posted memory job;
        job.params = paramsOf(request, one(terms), ATTACKER);
        job.id = market.jobIdOf(ATTACKER, "unpaid");
        arm(
            address(market),
            abi.encodeCall(IJobMarket.cancelJob, (job.id, job.params)),
            false
        );
        // The attacker has allowed all, and has nothing.
        vm.prank(ATTACKER);
        money.approve(address(market), type(uint256).max);
        terms.grantee = ATTACKER;
        giveGrant(terms);
        vm.expectRevert();
        vm.prank(ATTACKER);
        market.submitJob(request, one(terms));
        yes(market.jobOf(job.id).status == JobStatus.None);
        eq(market.balanceOf(address(money), ATTACKER), 0);
    }

    // Stake, in a registry whose stake token is hostile

    function test_Attack_ReenterStake() public {
        money = new CallbackToken();
        INodeRegistry registry = registryOf(address(money));
        money.mint(ATTACKER, 10_000e18);
        vm.startPrank(ATTACKER);
        money.approve(address(registry), type(uint256).max);
        NodeId id = registry.registerNode(1, 1_000e18, "");
        bytes[4] memory payloads = [
            abi.encodeCall(INodeRegistry.registerNode, (1, 0, "")),
            abi.encodeCall(INodeRegistry.addStake, (id, 1)),
            abi.encodeCall(INodeRegistry.withdrawStake, (id)),
            abi.encodeCall(INodeRegistry.withdrawCompensation, ())
        ];
        for (uint256 i = 0; i < 2 * payloads.length; ++i) {
            arm(address(registry), payloads[i / 2], i % 2 == 1);
            registry.addStake(id, 100e18);
            expectLocked();
            arm(address(registry), payloads[i / 2], i % 2 == 1);
            registry.registerNode(1, 100e18, "");
            expectLocked();
        }
        eq(registry.nodeCount(), 9);
        eq(registry.nodeOf(id).stake, 1_800e18);
        eq(money.balanceOf(address(registry)), 2_600e18);
        registry.requestExit(id);
        vm.warp(block.timestamp + 14 days);
        arm(address(registry), abi.encodeCall(INodeRegistry.withdrawStake, (id)), false);
        registry.withdrawStake(id);
        expectLocked();
        vm.stopPrank();
        eq(money.balanceOf(address(registry)), 800e18);
        eq(money.balanceOf(ATTACKER), 9_200e18);
    }

    /// A slash is carried out once, and a victim paid once.
    function test_Attack_ReenterASlash() public {
        money = new CallbackToken();
        INodeRegistry registry = registryOf(address(money));
        nodes = registry;
        registry.allowVerifier(verifier);
        money.mint(ATTACKER, 1_000e18);
        vm.startPrank(ATTACKER);
        money.approve(address(registry), type(uint256).max);
        NodeId id = registry.registerNode(1, 1_000e18, "");
        vm.stopPrank();
        addKey(id, ATTACKER, SECOND_KEY, 1);
        address signer = vm.addr(SECOND_KEY);
        // The market's part is played by this test.
        Terms memory terms = makeTerms();
        registry.openClaim(market.jobIdOf(REQUESTER, ""), signer, ATTACKER, NodeId.wrap(0), terms.nodePolicy);
        registry.closeClaim(signer, ClaimOutcome.TimedOut, 0, REQUESTER, 10e18);
        vm.warp(block.timestamp + 3 days);
        arm(address(registry), abi.encodeCall(INodeRegistry.executeSlash, (1)), false);
        registry.executeSlash(1);
        expectLocked();
        eq(money.balanceOf(BURNED), BOND - 10e18);
        arm(address(registry), abi.encodeCall(INodeRegistry.withdrawCompensation, ()), true);
        vm.prank(REQUESTER);
        registry.withdrawCompensation();
        expectLocked();
        eq(money.balanceOf(REQUESTER), 10e18);
        eq(money.balanceOf(address(registry)), 1_000e18 - BOND);
    }

    /// The operator's ERC-721 hook is never called: a contract that registers knows that it does.
    function test_Attack_ReenterByAnERC721Receiver() public {
        GreedyOperator operator = new GreedyOperator(nodes, token);
        token.mint(address(operator), STAKE);
        NodeId id = operator.register(uint96(STAKE));
        eq(operator.calls(), 0);
        eq(nodes.nodeOf(id).operator, address(operator));
        eq(NodeId.unwrap(id), nodes.nodeCount());
    }

    function registryOf(address stakeToken) private returns (INodeRegistry) {
        address metadata = make("compute", "NodeMetadata", "");
        bytes memory arguments = abi.encode(stakeToken, measurements, address(this), authority, BOND, metadata);
        return INodeRegistry(make("compute", "NodeRegistry", arguments));
    }

    /// @dev A claimed job in a new token that can call back.
    function hostileJob(bytes32 salt) private returns (Posted memory job) {
        money = new CallbackToken();
        money.mint(REQUESTER, 100e18);
        allow(address(money));
        Terms memory terms = hostileTerms();
        JobRequest memory request = makeRequest(one(terms));
        request.salt = salt;
        job = submit(request, one(terms));
        claim(job);
    }

    function hostileTerms() private returns (Terms memory terms) {
        terms = makeTerms();
        terms.token = address(money);
        giveGrant(terms);
    }

    function submitAgain(bytes32 salt) private {
        Terms memory terms = makeTerms();
        terms.token = address(money);
        JobRequest memory request = makeRequest(one(terms));
        request.salt = keccak256(abi.encode(salt, address(money)));
        vm.prank(REQUESTER);
        market.submitJob(request, one(terms));
    }

    function arm(address target, bytes memory payload, bool afterwards) private {
        money.arm(target, payload, afterwards);
    }

    function expectLocked() private view {
        yes(money.calls() != 0);
        eq(money.successes(), 0);
        eq(bytes32(money.problem()), bytes32(LOCKED));
    }
}
