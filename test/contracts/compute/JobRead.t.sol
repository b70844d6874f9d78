// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IJobMarket, Job, JobStatus, Settlement} from "../../../contracts/interfaces/IJobMarket.sol";
import {JobId} from "../../../contracts/types/Ids.sol";
import {JobInput, JobOrder} from "../../../contracts/types/JobParams.sol";
import {Reason} from "../../../contracts/types/Reason.sol";
import {GRANT_READ, Terms} from "../../../contracts/types/Terms.sol";
import {JobKit} from "../helpers/JobKit.sol";
import {Posted} from "../helpers/Kit.sol";
import {FeeToken} from "../helpers/Tokens.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Requests to read, a day after the grants.
contract JobReadTest is JobKit {
    uint256 private constant NOW = START + 1 days;
    /// @dev Of the price alone.
    uint96 private constant READ_FEE = PRICE / 100;

    Terms private terms;

    function setUp() public override {
        super.setUp();
        terms = makeTerms();
        (terms.kind, terms.notBefore) = (GRANT_READ, uint40(NOW));
        giveGrant(terms);
        vm.warp(NOW);
    }

    function test_requestRead() public {
        JobOrder memory order = makeOrder();
        JobId wanted = market.jobIdOf(REQUESTER, "read");
        vm.expectEmit(address(market));
        emit IJobMarket.ReadRequested(wanted, REQUESTER, "read", "spec", "bundle", READ_FEE, terms);
        yes(request() == wanted);
        Job memory job = market.jobOf(wanted);
        yes(job.status == JobStatus.Read && job.tainted);
        eq(job.dueBy, NOW + 1 days);
        eq(job.signer, address(0));
        eq(uint256(job.attempt) + job.raceBlock + job.claimDelay, 0);
        eq(job.commitment, keccak256(abi.encode(keccak256(abi.encode(order)), bytes32(0))));
        eq(owed(OWNER), PRICE);
        eq(owed(REQUESTER), 0);
        eq(collected(), READ_FEE);
        eq(token.balanceOf(address(market)), uint256(PRICE) + READ_FEE);
        eq(grants.grantOf(OWNER, order.inputs[0].grantHash).uses, 1);
        eq(grants.grantOf(OWNER, order.inputs[0].grantHash).outputBytes, 0);
        eq(market.READ_WINDOW(), 1 days);
        eq(market.receiptOf(wanted), 0);
    }

    function test_requestRead_ForNothing() public {
        terms.price = 0;
        (terms.salt, terms.notBefore) = ("free", uint40(NOW + 1 days));
        giveGrant(terms);
        vm.warp(NOW + 1 days);
        request();
        eq(token.balanceOf(address(market)), 0);
    }

    function test_RevertWhen_SaltIsUsed() public {
        request();
        expectRequest(IJobMarket.JobAlreadyExists.selector, "");
    }

    function test_RevertWhen_TermsAreNotOne() public {
        for (uint256 count = 0; count <= 2; count += 2) {
            expect(IJobMarket.JobInputCountInvalid.selector, abi.encode(count, 1));
            vm.prank(REQUESTER);
            market.requestRead("read", "spec", "bundle", new Terms[](count));
        }
    }

    function test_RevertWhen_GrantIsToCompute() public {
        terms = makeTerms();
        giveGrant(terms);
        expectRefused(Reason.GrantKindMismatch);
    }

    function test_RevertWhen_GrantIsNotUsable() public {
        bytes32 salt = terms.salt;
        vm.warp(NOW - 1);
        expectRefused(Reason.GrantNotYetValid);
        vm.warp(NOW);
        terms.salt = "unknown";
        expectRefused(Reason.GrantUnknown);
        terms.salt = salt;
        for (uint256 i = 0; i < terms.maxUses; ++i) {
            request(bytes32(i));
        }
        expectRefused(Reason.GrantExhausted);
        vm.prank(OWNER);
        grants.revokeAll();
        expectRefused(Reason.GrantRevoked);
    }

    function test_RevertWhen_CallerIsNotGrantee() public {
        Terms[] memory list = one(terms);
        expectNotUsable(list[0], Reason.GranteeMismatch);
        vm.prank(STRANGER);
        market.requestRead("read", "spec", "bundle", list);
    }

    function test_RevertWhen_TokenIsNotAllowed() public {
        market.removeToken(address(token));
        vm.expectRevert(abi.encodeWithSelector(IJobMarket.TokenNotAllowed.selector, address(token)));
        request();
    }

    function test_RevertWhen_TotalIsTooLarge() public {
        terms.price = type(uint96).max;
        (terms.salt, terms.notBefore) = ("dear", uint40(NOW + 1 days));
        giveGrant(terms);
        vm.warp(NOW + 1 days);
        uint256 total = uint256(type(uint96).max) + type(uint96).max / 100;
        expectRequest(IJobMarket.JobTotalTooLarge.selector, abi.encode(total));
    }

    function test_RevertWhen_NotAllOfItArrives() public {
        FeeToken other = new FeeToken();
        other.mint(REQUESTER, 100e18);
        vm.prank(REQUESTER);
        other.approve(address(market), type(uint256).max);
        market.allowToken(address(other), 0, 0);
        (terms.token, terms.notBefore) = (address(other), uint40(NOW + 1 days));
        giveGrant(terms);
        vm.warp(NOW + 1 days);
        vm.expectRevert(
            abi.encodeWithSelector(IJobMarket.TokenAmountMismatched.selector, address(other), PRICE - 1, PRICE)
        );
        request();
    }

    /// It is no job: nothing that ends a job takes it, whoever says that its offer hashes to nothing.
    function test_RevertWhen_AReadIsTakenForAJob() public {
        Posted memory job;
        (job.id, job.params.order) = (request(), makeOrder());
        bytes memory read = abi.encode(JobStatus.Read);
        Settlement memory settlement = makeSettlement(job, makeReceipt(job, 0, 0), WORKER_KEY);
        settlement.offerHash = 0;
        expect(IJobMarket.JobNotClaimed.selector, read);
        market.settleJob(settlement);
        expect(IJobMarket.JobNotOpen.selector, read);
        vm.prank(OPERATOR);
        market.claimJob(job.id, job.params.offer, keccak256(abi.encode(job.params.order)), WORKER);
        vm.warp(NOW + 10 days);
        vm.expectPartialRevert(IJobMarket.JobParamsMismatched.selector);
        market.timeOutJob(job.id, job.params);
        vm.expectPartialRevert(IJobMarket.JobParamsMismatched.selector);
        vm.prank(REQUESTER);
        market.cancelJob(job.id, job.params);
    }

    // readable, reason by reason in the enum's order

    function test_readable() public {
        JobId id = request();
        expectReason(id, makeOrder(), Reason.None);
        vm.warp(NOW + 1 days);
        expectReason(id, makeOrder(), Reason.None);
        vm.warp(NOW + 1 days + 1);
        vm.prank(OWNER);
        grants.revokeAll();
        expectReason(id, makeOrder(), Reason.JobDeadlinePassed);
    }

    function test_readable_JobReasons() public {
        JobOrder memory order = makeOrder();
        expectReason(market.jobIdOf(REQUESTER, "read"), order, Reason.JobUnknown);
        JobId id = request();
        order.specHash = "other";
        vm.warp(NOW + 2 days);
        expectReason(id, order, Reason.JobParamsMismatch);
    }

    /// A job is no request to read.
    function test_readable_NotAJob() public {
        Posted memory job = claimedJob();
        expectReason(job.id, job.params.order, Reason.JobUnknown);
    }

    function test_readable_DatasetErased() public {
        JobId id = request();
        vm.startPrank(OWNER);
        grants.revokeAll();
        datasets.eraseDataset(datasetId);
        vm.stopPrank();
        expectReason(id, makeOrder(), Reason.DatasetErased);
    }

    function test_readable_GrantRevoked() public {
        JobId id = request();
        JobOrder memory order = makeOrder();
        rotateKeys(datasetId);
        vm.prank(OWNER);
        grants.revoke(order.inputs[0].grantHash);
        expectReason(id, order, Reason.GrantRevoked);
    }

    function test_readable_KeysRotated() public {
        JobId id = request();
        rotateKeys(datasetId);
        expectReason(id, makeOrder(), Reason.KeyEpochOld);
    }

    /// A grant may end within the window.
    function test_readable_GrantExpired() public {
        vm.warp(terms.expiresAt - 1);
        JobId id = request();
        expectReason(id, makeOrder(), Reason.None);
        vm.warp(terms.expiresAt);
        expectReason(id, makeOrder(), Reason.GrantExpired);
    }

    function testFuzz_requestRead_Money(uint96 price, uint16 bps) public {
        bps = uint16(bound(bps, 0, 500));
        market.allowToken(address(token), bps, 0);
        (terms.price, terms.notBefore) = (price, uint40(NOW + 1 days));
        giveGrant(terms);
        vm.warp(NOW + 1 days);
        uint256 burned = (uint256(price) * bps) / 10_000;
        fund(REQUESTER, 2 * uint256(price));
        if (price + burned > type(uint96).max) {
            expectRequest(IJobMarket.JobTotalTooLarge.selector, abi.encode(price + burned));
            return;
        }
        request();
        eq(owed(OWNER), price);
        eq(collected(), burned);
        eq(token.balanceOf(address(market)), price + burned);
    }

    function testFuzz_readable_OnlyItsOwnOrder(uint8 field, uint96 value) public {
        JobId id = request();
        JobOrder memory order = makeOrder();
        bytes32 before = keccak256(abi.encode(order));
        field %= 5;
        if (field == 0) order.requester = address(uint160(value));
        if (field == 1) order.fee = value;
        if (field == 2) order.protocolFee = value;
        if (field == 3) order.inputs[0].price = value;
        if (field == 4) order.inputs = new JobInput[](value % 3);
        vm.assume(keccak256(abi.encode(order)) != before);
        expectReason(id, order, Reason.JobParamsMismatch);
    }

    function makeOrder() private view returns (JobOrder memory order) {
        order.requester = REQUESTER;
        order.specHash = "spec";
        order.bundleDigest = "bundle";
        order.token = terms.token;
        order.protocolFee = READ_FEE;
        order.inputs = new JobInput[](1);
        order.inputs[0] = JobInput(terms.datasetId, grants.hashTerms(terms), OWNER, terms.price);
    }

    function request() private returns (JobId) {
        return request("read");
    }

    function request(bytes32 salt) private returns (JobId) {
        Terms[] memory list = one(terms);
        vm.prank(REQUESTER);
        return market.requestRead(salt, "spec", "bundle", list);
    }

    function expect(bytes4 selector, bytes memory rest) private {
        vm.expectRevert(bytes.concat(selector, abi.encode(market.jobIdOf(REQUESTER, "read")), rest));
    }

    function expectRequest(bytes4 selector, bytes memory rest) private {
        expect(selector, rest);
        request();
    }

    function expectRefused(Reason reason) private {
        expectNotUsable(terms, reason);
        request();
    }

    function expectReason(JobId id, JobOrder memory order, Reason wanted) private view {
        (bool ok, Reason reason) = market.readable(id, order);
        eq(uint256(reason), uint256(wanted));
        yes(ok == (wanted == Reason.None));
    }
}
