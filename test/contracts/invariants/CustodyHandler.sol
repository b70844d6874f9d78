// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IOwnerKeys, RecoveryPlan} from "../../../contracts/interfaces/IOwnerKeys.sol";
import {OwnerKeysKit} from "../helpers/OwnerKeysKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Everybody does everything, named or not, early or late. The book says what must hold; the contract is asked only
/// whether a call went through.
contract CustodyHandler is OwnerKeysKit {
    struct Asked {
        uint256 since;
        uint256 delay;
        uint32 version;
        bool vetoed;
    }

    mapping(bytes32 what => uint256) public countOf;
    /// @dev What the owner announced, and what somebody with a say cancelled.
    uint256 public readyAt;
    uint256 public waitingDelay;
    address public wantedSecond;
    /// @dev The custody as it must be.
    uint32 public version = 1;
    uint256 public delay = DELAY;
    address public second = SECOND;
    mapping(address requester => Asked) public asked;
    bool public broken;

    constructor() {
        begin();
    }

    function registry() external view returns (IOwnerKeys, address) {
        return (keys, OWNER);
    }

    function actor(uint256 who) public view returns (address) {
        address[6] memory all = [OWNER, SECOND, ANNA, BERT, STRANGER, address(0xb205)];
        return all[who % all.length];
    }

    function change(uint256 who, uint256 to, uint32 wanted, uint32 claimed) external {
        address caller = actor(who);
        address secondWallet = to % 3 == 0 ? address(0) : actor(to);
        wanted = uint32(bound(wanted, 1 days, 61 days));
        if (claimed % 4 != 0) claimed = version + 1;
        bool may = caller == OWNER && claimed == version + 1 && secondWallet != OWNER && wanted >= 2 days
            && wanted <= 60 days;
        vm.prank(caller);
        try keys.setCustody("next", planHash(), secondWallet, wanted, claimed) {
            if (caller != OWNER) return; // a custody of its own
            mustBe(may);
            (waitingDelay, wantedSecond) = (wanted, secondWallet);
            readyAt = block.timestamp + delay;
            count("change");
        } catch {
            mustBe(!may || caller != OWNER);
        }
    }

    function cancel(uint256 who) external {
        address caller = actor(who);
        bool may = readyAt != 0 && hasSay(caller);
        vm.prank(caller);
        try keys.cancelChange(OWNER) {
            mustBe(may);
            readyAt = 0;
            count("cancel");
        } catch {
            mustBe(!may);
        }
    }

    function conclude(uint256 who) external {
        bool may = readyAt != 0 && block.timestamp >= readyAt;
        vm.prank(actor(who));
        try keys.concludeChange(OWNER) {
            mustBe(may);
            (version, delay, second, readyAt) = (version + 1, waitingDelay, wantedSecond, 0);
            count("conclude");
        } catch {
            mustBe(!may);
        }
    }

    function request(uint256 who, bool ownPlan) external {
        address caller = actor(who);
        RecoveryPlan memory plan = makePlan();
        if (ownPlan) plan.people[0] = caller;
        bool named = caller == second || (!(ownPlan && caller != ANNA) && (caller == ANNA || caller == BERT));
        Asked storage book = asked[caller];
        bool may = named && !(book.vetoed && book.version == version);
        vm.prank(caller);
        try keys.requestRecovery(OWNER, plan, DEVICE) {
            mustBe(may);
            asked[caller] = Asked(block.timestamp, delay, version, false);
            count("request");
        } catch {
            mustBe(!may);
        }
    }

    function vetoOf(uint256 who, uint256 whom) external {
        (address caller, address requester) = (actor(who), actor(whom));
        Asked storage book = asked[requester];
        bool may = book.since != 0 && !book.vetoed && book.version == version && hasSay(caller);
        vm.prank(caller);
        try keys.vetoRecovery(OWNER, requester) {
            mustBe(may);
            book.vetoed = true;
            count("veto");
        } catch {
            mustBe(!may);
        }
    }

    function pass(uint32 time) external {
        vm.warp(block.timestamp + bound(time, 1 hours, 12 days));
        count("pass");
    }

    /// @dev What the contract must say of a request now.
    function mustBeRipe(address requester) public view returns (bool) {
        Asked storage book = asked[requester];
        return book.since != 0 && !book.vetoed && book.version == version && block.timestamp >= book.since + book.delay
            && block.timestamp < book.since + book.delay + 30 days;
    }

    function hasSay(address caller) private view returns (bool) {
        Asked storage book = asked[second];
        return caller == OWNER || (caller == second && !(book.vetoed && book.version == version));
    }

    function count(bytes32 what) private {
        countOf[what] += 1;
    }

    function mustBe(bool condition) private {
        if (!condition) broken = true;
    }
}
