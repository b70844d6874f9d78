// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DatasetStatus} from "../../../contracts/interfaces/IDatasetRegistry.sol";
import {JobStatus} from "../../../contracts/interfaces/IJobMarket.sol";
import {KeyState, NodeStatus, SlashCause} from "../../../contracts/interfaces/INodeRegistry.sol";
import {DatasetHead} from "../../../contracts/types/DatasetHead.sol";
import {DatasetId, JobId, NodeId} from "../../../contracts/types/Ids.sol";
import {JobParams} from "../../../contracts/types/JobParams.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {ITestMoney, Kit, Posted} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev The test's own account of datasets, grants, jobs, nodes, keys, slashes and money, written from what was called and
/// whether it succeeded, never from what the contracts say of themselves.
abstract contract Book is Kit {
    uint256 internal constant OWNERS = 3;
    uint256 internal constant OPERATORS = 4;
    uint256 internal constant MONIES = 2;
    address internal constant BURNED = 0x000000000000000000000000000000000000dEaD;

    struct SetBook {
        DatasetId id;
        uint256 owner;
        uint32 keyEpoch;
        DatasetStatus status;
        uint256 erasedAt;
        DatasetHead head;
        uint48 seenVersion;
        uint32 seenEpoch;
    }

    struct GrantBook {
        uint256 set;
        bool active;
        bool revoked;
    }

    struct JobBook {
        JobId id;
        bytes params;
        uint256 money;
        uint256[] grants;
        address requester;
        uint96 fee;
        uint96 protocolFee;
        uint256 prices;
        uint32 maxOutputBytes;
        uint256 claimBy;
        uint256 runSeconds;
        NodeId named;
        uint96 minStake;
        JobStatus status;
        uint8 attempt;
        bool tainted;
        bool silent; // a node fell silent over it
        bool raced;
        address signer;
        uint256 raceBlock;
        uint256 claimBlock;
        uint256 dueBy;
        uint256 failedNodes; // bitmap
        uint16 code; // of the receipt that ended it
        uint256 cost; // kept of the protocol fee where silence ended it
        bytes32 receipt;
        bytes32 ended; // hash of what is stored, when it ended
    }

    struct NodeBook {
        address operator;
        NodeStatus status;
        uint256 stake;
        uint256 openClaims;
        uint256 settled;
        uint256 failed;
        uint256 exitAt;
        bool equivocated;
        uint256 seenWeight;
        uint256 seenSince;
    }

    struct KeyBook {
        uint256 secret;
        NodeId nodeId;
        bytes32 code;
        KeyState state;
        uint256 openUntil;
        bool guardian;
        bool condemned;
    }

    struct SlashBook {
        NodeId nodeId;
        SlashCause cause;
        uint256 amount;
        uint256 executableAt;
        address victim;
        uint256 cost;
        bool over;
    }

    ITestMoney[MONIES] internal monies;
    uint256 internal salt;

    SetBook[] internal sets;
    uint256[OWNERS] internal currentSet;
    uint32[OWNERS] internal ownerEpochs;
    Terms[] internal allTerms;
    GrantBook[] internal grantBooks;
    JobBook[] internal jobs;
    mapping(JobId jobId => bool) internal posted;
    NodeBook[] internal nodeBooks; // by id; the first is nobody's
    uint32[OPERATORS] internal nodeIdOf;
    address[] internal signers;
    mapping(address signer => KeyBook) internal keys;
    address[OPERATORS] internal workerOf;
    address[OPERATORS] internal guardianOf;
    bytes32[] internal codes;
    mapping(bytes32 code => bool) internal banned;
    SlashBook[] internal slashes;
    address[] internal people;
    uint256 internal pausedUntil;
    bool[MONIES] internal allowed;

    // Money, by the test's own count.
    uint256[MONIES] internal brought;
    uint256[MONIES] internal takenOut;
    uint256[MONIES] internal strayed;
    uint256[MONIES] internal burnedFees;
    mapping(uint256 money => mapping(address account => uint256)) internal withdrawn;
    uint256 internal stakedIn;
    uint256 internal stakedOut;
    uint256 internal strayedStake;
    uint256 internal burnedStake;
    mapping(address account => uint256) internal compensation;

    // Raised once, never lowered.
    bool public brokenGrantUsed;
    bool public unusableKeySettled;
    bool public wentBack;
    bool public revokedCameBack;
    bool public failedNodeCameBack;
    bool public claimedOutOfTurn;
    bool public claimedWhilePaused;
    bool public slashedTwice;
    bool public weightMovedAlone;
    bool public readHeldMoney;
    bool public tokenMoved;
    bool public feeFellUnburned;

    /// @dev The first call that did not end as the book says it must, and what it said.
    bytes32 public surprise;
    bytes public surpriseAnswer;

    /// @dev How often each thing succeeded, and how often each error came.
    mapping(bytes32 what => uint256) public countOf;
    mapping(bytes4 selector => uint256) public refusalsOf;
    uint256 public refusals;

    /// @dev The stage is set once, by the handler; fuzzing may call this too.
    function setUp() public override {}

    /// @dev Every call of the handler goes through here: it must succeed exactly where the book says that it may, and be
    /// refused by an error of the contracts, not by a panic or in silence.
    function attempt(bytes32 what, bool may, address caller, address target, bytes memory data)
        internal
        returns (bool done)
    {
        bytes memory answer;
        vm.prank(caller);
        (done, answer) = target.call(data);
        if (done) {
            ++countOf[what];
        } else {
            ++refusalsOf[bytes4(answer)];
            ++refusals;
        }
        if (done == may && (done || isNamed(answer))) return done;
        if (surprise != 0) return done;
        (surprise, surpriseAnswer) = (what, answer);
    }

    function isNamed(bytes memory answer) private pure returns (bool) {
        if (answer.length < 4) return false;
        return bytes4(answer) != bytes4(keccak256("Panic(uint256)"))
            && bytes4(answer) != bytes4(keccak256("Error(string)"));
    }

    // What the book says

    function isBanned(address signer) internal view returns (bool) {
        return banned[keys[signer].code];
    }

    /// @dev Whether a receipt of the key counts.
    function maySign(address signer) internal view returns (bool) {
        KeyBook storage key = keys[signer];
        if (isBanned(signer) || nodeBooks[NodeId.unwrap(key.nodeId)].status == NodeStatus.Exited) return false;
        return key.state == KeyState.Active || key.state == KeyState.Draining;
    }

    /// @dev Whether something new may be given to the key.
    function isFresh(address signer) internal view returns (bool) {
        KeyBook storage key = keys[signer];
        return key.state == KeyState.Active && block.timestamp < key.openUntil && !isBanned(signer)
            && nodeBooks[NodeId.unwrap(key.nodeId)].status == NodeStatus.Active;
    }

    function nodeOf(address signer) internal view returns (NodeBook storage) {
        return nodeBooks[NodeId.unwrap(keys[signer].nodeId)];
    }

    function isOver(JobStatus status) internal pure returns (bool) {
        return status != JobStatus.Open && status != JobStatus.Claimed;
    }

    function paramsOf(JobBook storage job) internal view returns (JobParams memory) {
        return abi.decode(job.params, (JobParams));
    }

    function postedOf(JobBook storage job) internal view returns (Posted memory known) {
        known.id = job.id;
        known.params = paramsOf(job);
    }

    function noteEnd(JobBook storage job, JobStatus status) internal {
        job.status = status;
        job.ended = keccak256(abi.encode(market.jobOf(job.id)));
        job.receipt = market.receiptOf(job.id);
        if (status == JobStatus.Settled) ++countOf["a job settled"];
        else if (status == JobStatus.Failed) ++countOf["a job failed"];
        else if (status == JobStatus.TimedOut) ++countOf["a job timed out"];
        else if (status == JobStatus.Cancelled) ++countOf["a job was cancelled"];
        else if (status == JobStatus.Read) ++countOf["a job was a read"];
    }

    /// @dev What a claim or a lie takes of a stake.
    function noteSlash(NodeId id, SlashCause cause, uint256 amount, address victim, uint256 cost) internal {
        NodeBook storage node = nodeBooks[NodeId.unwrap(id)];
        if (amount > node.stake) amount = node.stake;
        if (amount == 0) return;
        node.stake -= amount;
        uint256 executableAt = block.timestamp + nodes.APPEAL_DELAY();
        slashes.push(SlashBook(id, cause, amount, executableAt, victim, cost, false));
        if (slashes.length != nodes.slashCount()) slashedTwice = true;
    }

    // People and things

    /// @dev A job in the wanted state, or any, one time of eight.
    function pickJob(uint256 dice, JobStatus wanted) internal view returns (uint256) {
        uint256 start = (dice >> 8) % jobs.length;
        if (dice % 8 == 0) return start;
        for (uint256 i = 0; i < jobs.length; ++i) {
            uint256 which = (start + i) % jobs.length;
            if (jobs[which].status == wanted) return which;
        }
        return start;
    }

    function moneyOf(address money) internal view returns (uint256) {
        return money == address(monies[0]) ? 0 : 1;
    }

    function ownerKeyOf(uint256 who) internal pure returns (uint256) {
        return 0xd000 + who % OWNERS;
    }

    /// @dev People begin with the owners. Made from keys once: that is what takes longest here.
    function ownerOf(uint256 who) internal view returns (address) {
        return people[who % OWNERS];
    }

    function operatorOf(uint256 who) internal pure returns (address) {
        return address(uint160(0xe000 + who % OPERATORS));
    }

    /// @dev One of the requesters runs a node, too.
    function requesterOf(uint256 who) internal pure returns (address) {
        return who % 4 == 0 ? operatorOf(0) : REQUESTER;
    }

    function toss(uint256 dice) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(dice)));
    }
}
