// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Grant, GrantStatus} from "../../../contracts/interfaces/IGrantRegistry.sol";
import {Job, JobStatus, TokenTerms} from "../../../contracts/interfaces/IJobMarket.sol";
import {WorldSteps} from "./WorldSteps.sol";

/// @dev What the invariants of jobs, grants and their money ask: the chain on one side, the book on the other.
abstract contract Questions is WorldSteps {
    // Money of the market

    /// @return there what the market has of the token.
    /// @return wanted escrow of what is open or claimed by the market's word, what it owes, what it collected, and strays.
    function marketMoney(uint256 money) external view returns (uint256 there, uint256 wanted) {
        there = monies[money].balanceOf(address(market));
        wanted = strayed[money] + market.tokenOf(address(monies[money])).collected;
        for (uint256 i = 0; i < jobs.length; ++i) {
            JobBook storage job = jobs[i];
            if (job.money != money || isOver(market.jobOf(job.id).status)) continue;
            wanted += job.fee + job.protocolFee + job.prices;
        }
        for (uint256 i = 0; i < people.length; ++i) {
            wanted += market.balanceOf(address(monies[money]), people[i]);
        }
    }

    function marketFlow(uint256 money) external view returns (uint256 came, uint256 wentOrThere) {
        came = brought[money];
        wentOrThere = takenOut[money] + monies[money].balanceOf(address(market));
    }

    /// @return got what the market has ever credited to the account.
    /// @return wanted what its jobs say, by their states.
    function creditOf(uint256 money, address account) public view returns (uint256 got, uint256 wanted) {
        got = withdrawn[money][account] + market.balanceOf(address(monies[money]), account);
        for (uint256 i = 0; i < jobs.length; ++i) {
            if (jobs[i].money == money) wanted += shareOf(jobs[i], account);
        }
    }

    function creditsAreRight(uint256 from, uint256 to) public view returns (bool) {
        for (uint256 i = from; i < to; ++i) {
            for (uint256 money = 0; money < MONIES; ++money) {
                (uint256 got, uint256 wanted) = creditOf(money, people[i]);
                if (got != wanted) return false;
            }
        }
        return true;
    }

    function ownersAreCredited() external view returns (bool) {
        return creditsAreRight(0, OWNERS);
    }

    function operatorsAreCredited() external view returns (bool) {
        return creditsAreRight(OWNERS, OWNERS + OPERATORS);
    }

    function requestersAreCredited() external view returns (bool) {
        return creditsAreRight(OWNERS + OPERATORS, people.length);
    }

    /// @dev By the table of states (docs/protocol.md, 5.5), of the stored job.
    function shareOf(JobBook storage book, address account) private view returns (uint256 share) {
        Job memory job = market.jobOf(book.id);
        if (!isOver(job.status)) return 0;
        bool back = (job.status == JobStatus.Cancelled || job.status == JobStatus.Failed) && !job.tainted;
        for (uint256 i = 0; i < book.grants.length; ++i) {
            if (!back && allTerms[book.grants[i]].owner == account) share += allTerms[book.grants[i]].price;
        }
        bool paid = isNodePaid(book, job.status);
        if (paid && nodes.operatorOf(job.signer) == account) share += book.fee;
        if (book.requester != account || job.status == JobStatus.Read) return share;
        if (back) share += book.prices;
        if (!paid) share += book.fee + book.protocolFee - book.cost;
    }

    function isNodePaid(JobBook storage book, JobStatus status) private view returns (bool) {
        return status == JobStatus.Settled || (status == JobStatus.Failed && book.code < 32);
    }

    /// @dev Kept where a node was paid or data given away, and of a silence what the bond makes good; within the cap.
    function protocolFeesAreRight() external view returns (bool) {
        for (uint256 money = 0; money < MONIES; ++money) {
            uint256 kept = 0;
            for (uint256 i = 0; i < jobs.length; ++i) {
                JobBook storage book = jobs[i];
                if (book.money != money) continue;
                if (uint256(book.protocolFee) * 10_000 > (book.fee + book.prices) * 500) return false;
                JobStatus status = market.jobOf(book.id).status;
                if (isNodePaid(book, status) || status == JobStatus.Read) kept += book.protocolFee;
                else kept += book.cost;
            }
            TokenTerms memory terms = market.tokenOf(address(monies[money]));
            if (terms.protocolFeeBps > 500 || kept != terms.collected + burnedFees[money]) return false;
        }
        return true;
    }

    /// @dev Nothing but the market and the registry sends there.
    function burnsAreRight() external view returns (bool) {
        return monies[0].balanceOf(BURNED) == burnedFees[0] + burnedStake
            && monies[1].balanceOf(BURNED) == burnedFees[1] && !feeFellUnburned;
    }

    // Grants

    function grantsWithinTerms() external view returns (bool) {
        for (uint256 i = 0; i < allTerms.length; ++i) {
            Grant memory stored = grantAt(i);
            if (stored.uses > allTerms[i].maxUses || stored.outputBytes > allTerms[i].maxOutputBytes) return false;
        }
        return true;
    }

    function usesMatchJobs() external view returns (bool) {
        for (uint256 i = 0; i < allTerms.length; ++i) {
            Grant memory stored = grantAt(i);
            (uint256 uses, uint256 reserved) = usesOf(i);
            if (stored.uses != uses || stored.outputBytes != reserved) return false;
        }
        return true;
    }

    function revokedStayRevoked() external view returns (bool) {
        for (uint256 i = 0; i < allTerms.length; ++i) {
            if (grantBooks[i].revoked != (grantAt(i).status == GrantStatus.Revoked)) return false;
            if (grantBooks[i].active != (grantAt(i).expiresAt != 0)) return false;
        }
        return !revokedCameBack;
    }

    function grantsAreNotAhead() external view returns (bool) {
        if (measurements.currentEpoch() > block.timestamp) return false;
        for (uint256 i = 0; i < allTerms.length; ++i) {
            Grant memory stored = grantAt(i);
            if (stored.measurementEpoch > block.timestamp) return false;
            if (stored.ownerEpoch > grants.ownerEpochOf(allTerms[i].owner)) return false;
        }
        return true;
    }

    function grantAt(uint256 which) private view returns (Grant memory) {
        return grants.grantOf(allTerms[which].owner, grants.hashTerms(allTerms[which]));
    }

    // Jobs

    function endedJobsUnchanged() external view returns (bool) {
        for (uint256 i = 0; i < jobs.length; ++i) {
            bytes32 now_ = keccak256(abi.encode(market.jobOf(jobs[i].id)));
            if (jobs[i].ended != 0 && jobs[i].ended != now_) return false;
            if ((jobs[i].ended != 0) != isOver(market.jobOf(jobs[i].id).status)) return false;
        }
        return true;
    }

    function receiptsWhereDue() external view returns (bool) {
        for (uint256 i = 0; i < jobs.length; ++i) {
            JobStatus status = market.jobOf(jobs[i].id).status;
            bytes32 receipt = market.receiptOf(jobs[i].id);
            bool due = status == JobStatus.Settled || status == JobStatus.Failed;
            if (due != (receipt != 0) || receipt != jobs[i].receipt) return false;
        }
        return true;
    }

    function claimsAreWhole() external view returns (bool) {
        for (uint256 i = 0; i < jobs.length; ++i) {
            Job memory job = market.jobOf(jobs[i].id);
            if (job.status == JobStatus.Read) {
                if (job.attempt != 0 || job.signer != address(0)) return false;
                continue;
            }
            if (job.status == JobStatus.Open && job.signer != address(0)) return false;
            if (job.status == JobStatus.Claimed && job.signer == address(0)) return false;
            if (job.attempt == 0 || job.attempt > 3) return false;
        }
        return true;
    }

    function jobsAreAsBooked() external view returns (bool) {
        for (uint256 i = 0; i < jobs.length; ++i) {
            JobBook storage book = jobs[i];
            Job memory job = market.jobOf(book.id);
            bool same = job.status == book.status && job.attempt == book.attempt && job.tainted == book.tainted
                && job.signer == book.signer && job.raceBlock == book.raceBlock;
            if (!same) return false;
        }
        return true;
    }

    function deadlinesAreRight() external view returns (bool) {
        for (uint256 i = 0; i < jobs.length; ++i) {
            Job memory job = market.jobOf(jobs[i].id);
            if (job.dueBy != jobs[i].dueBy) return false;
            bool none = job.status == JobStatus.Open || job.status == JobStatus.Cancelled;
            if (none != (job.dueBy == 0)) return false;
        }
        return true;
    }

    function readsHoldNothing() external view returns (bool) {
        for (uint256 i = 0; i < jobs.length; ++i) {
            if (jobs[i].status != JobStatus.Read) continue;
            Job memory job = market.jobOf(jobs[i].id);
            if (job.status != JobStatus.Read || !job.tainted || jobs[i].fee != 0) return false;
        }
        return !readHeldMoney;
    }

    function countJobs(JobStatus status) external view returns (uint256 count) {
        for (uint256 i = 0; i < jobs.length; ++i) {
            if (market.jobOf(jobs[i].id).status == status) ++count;
        }
    }
}
