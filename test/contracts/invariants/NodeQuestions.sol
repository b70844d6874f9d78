// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IAttestedKeys} from "../../../contracts/interfaces/IAttestedKeys.sol";
import {JobStatus} from "../../../contracts/interfaces/IJobMarket.sol";
import {KeyState, Node, NodeStatus, Slash} from "../../../contracts/interfaces/INodeRegistry.sol";
import {NodeId} from "../../../contracts/types/Ids.sol";
import {Questions} from "./Questions.sol";

/// @dev What the invariants of nodes, keys and stakes ask.
abstract contract NodeQuestions is Questions {
    /// @return there what the registry has of the stake token.
    /// @return wanted stakes, slashes that wait, compensations and strays.
    function registryMoney() external view returns (uint256 there, uint256 wanted) {
        there = token.balanceOf(address(nodes));
        wanted = strayedStake;
        for (uint256 i = 1; i < nodeBooks.length; ++i) {
            wanted += node(i).stake;
        }
        for (uint256 i = 1; i <= nodes.slashCount(); ++i) {
            wanted += nodes.slashOf(i).amount;
        }
        for (uint256 i = 0; i < people.length; ++i) {
            wanted += nodes.compensationOf(people[i]);
        }
    }

    function registryFlow() external view returns (uint256 came, uint256 wentOrThere) {
        came = stakedIn + strayedStake;
        wentOrThere = stakedOut + token.balanceOf(address(nodes));
    }

    function stakesAreAsBooked() external view returns (bool) {
        for (uint256 i = 1; i < nodeBooks.length; ++i) {
            if (node(i).stake != nodeBooks[i].stake || node(i).status != nodeBooks[i].status) return false;
        }
        for (uint256 i = 0; i < people.length; ++i) {
            if (nodes.compensationOf(people[i]) != compensation[people[i]]) return false;
        }
        return true;
    }

    function stakesCoverBonds() external view returns (bool) {
        for (uint256 i = 1; i < nodeBooks.length; ++i) {
            if (nodeBooks[i].equivocated) continue;
            if (node(i).stake < uint256(node(i).openClaims) * nodes.CLAIM_BOND()) return false;
        }
        return true;
    }

    /// @dev By the market's word for its jobs.
    function openClaimsAreJobs() external view returns (bool) {
        uint256[] memory claims = new uint256[](nodeBooks.length);
        for (uint256 i = 0; i < jobs.length; ++i) {
            if (market.jobOf(jobs[i].id).status != JobStatus.Claimed) continue;
            ++claims[NodeId.unwrap(nodes.enclaveKeyOf(market.jobOf(jobs[i].id).signer).nodeId)];
        }
        for (uint256 i = 1; i < nodeBooks.length; ++i) {
            if (node(i).openClaims != claims[i]) return false;
        }
        return true;
    }

    function settledIsRight() external view returns (bool) {
        uint256 sum = 0;
        uint256 settled = 0;
        for (uint256 i = 1; i < nodeBooks.length; ++i) {
            if (node(i).settled != nodeBooks[i].settled) return false;
            sum += node(i).settled;
        }
        for (uint256 i = 0; i < jobs.length; ++i) {
            if (market.jobOf(jobs[i].id).status == JobStatus.Settled) ++settled;
        }
        return sum == settled;
    }

    /// @dev Every claim that ended without proof counts against its node, once.
    function failedIsRight() external view returns (bool) {
        for (uint256 i = 1; i < nodeBooks.length; ++i) {
            if (node(i).failed != nodeBooks[i].failed) return false;
        }
        return true;
    }

    function totalWeightIsTheSum() external view returns (bool) {
        uint256 sum = 0;
        for (uint256 i = 1; i < nodeBooks.length; ++i) {
            sum += node(i).weight;
        }
        return nodes.claimerOf(signers[0]).totalWeight == sum;
    }

    /// @dev And then between half its stake and all of it.
    function onlyActiveWorkersWeigh() external view returns (bool) {
        for (uint256 i = 1; i < nodeBooks.length; ++i) {
            Node memory now_ = node(i);
            bool mayWork = now_.status == NodeStatus.Active && now_.roles & 1 == 1;
            if (!mayWork && now_.weight != 0) return false;
            if (mayWork && (now_.weight < now_.stake / 2 || now_.weight > now_.stake)) return false;
        }
        return true;
    }

    function weightsAreNotAhead() external view returns (bool) {
        for (uint256 i = 1; i < nodeBooks.length; ++i) {
            if (node(i).weightSince > block.number) return false;
        }
        return !weightMovedAlone;
    }

    function slashesAreAsBooked() external view returns (bool) {
        if (nodes.slashCount() != slashes.length || slashedTwice) return false;
        for (uint256 i = 0; i < slashes.length; ++i) {
            Slash memory slash = nodes.slashOf(i + 1);
            SlashBook storage book = slashes[i];
            if (book.over && slash.amount != 0) return false;
            if (book.over) continue;
            bool same = slash.amount == book.amount && slash.nodeId == book.nodeId && slash.cause == book.cause
                && slash.executableAt == book.executableAt && slash.victim == book.victim && slash.cost == book.cost;
            if (!same) return false;
        }
        return true;
    }

    function condemnedStayDestroyed() external view returns (bool) {
        for (uint256 i = 0; i < signers.length; ++i) {
            if (!keys[signers[i]].condemned) continue;
            if (nodes.enclaveKeyOf(signers[i]).state != KeyState.Destroyed) return false;
        }
        return true;
    }

    function keysAreAsBooked() external view returns (bool) {
        for (uint256 i = 0; i < signers.length; ++i) {
            KeyBook storage book = keys[signers[i]];
            if (nodes.enclaveKeyOf(signers[i]).state != book.state) return false;
            if (nodes.enclaveKeyOf(signers[i]).nodeId != book.nodeId) return false;
            (, bool usable) = IAttestedKeys(address(nodes)).attestedKeyOf(signers[i]);
            if (usable != (maySign(signers[i]) && block.timestamp < book.openUntil)) return false;
        }
        return true;
    }

    function tokensAtHome() external view returns (bool) {
        for (uint256 i = 1; i < nodeBooks.length; ++i) {
            if (IERC721(address(nodes)).ownerOf(i) != nodeBooks[i].operator) return false;
            if (node(i).operator != nodeBooks[i].operator) return false;
        }
        return !tokenMoved;
    }

    function node(uint256 id) internal view returns (Node memory) {
        return nodes.nodeOf(NodeId.wrap(uint32(id)));
    }
}
