// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {App, AppStatus} from "../../../contracts/interfaces/IAppRegistry.sol";
import {AppConsent} from "../../../contracts/types/AppConsent.sol";
import {DomainProof} from "../../../contracts/types/DomainProof.sol";
import {AppId} from "../../../contracts/types/Ids.sol";
import {AppKit} from "../helpers/AppKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Owners who register, rename, hand over and retire apps, accounts that join and leave, attestors that prove and are
/// removed, and someone who sends every signature again. Keeps its own account of what must hold, from what was sent.
contract AppHandler is AppKit {
    uint256 private constant OWNERS = 3;
    uint256 private constant ACCOUNTS = 4;
    uint256 private constant ATTESTORS = 12;
    uint256 private constant MAX_APPS = 12;
    AppId private constant NONE = AppId.wrap(0);

    struct Book {
        address owner;
        bool retired;
        bytes32 domainHash;
        address attestor; // zero: must not be proved
        uint256 expiresAt;
        uint256 checkedAt;
    }

    struct Sent {
        DomainProof proof;
        address attestor;
        bytes signed;
    }

    struct Consented {
        AppConsent consent;
        bytes signed;
    }

    AppId[] private ids;
    Sent[] private proofs;
    Consented[] private consents;
    mapping(AppId appId => Book) private books;
    /// @dev Whom the owner has asked, and not since been replaced or changed its mind.
    mapping(AppId appId => mapping(address account => bool)) private asked;
    /// @dev The app that an account has agreed to, and not left since.
    mapping(address account => AppId) private agreed;
    mapping(address attestor => bool) private allowed;
    mapping(address attestor => bool) private removed;
    uint256 private salt;

    bool public staleProofTaken;
    bool public removedCameBack;
    bool public staleConsentTaken;

    constructor() {
        vm.warp(START);
        deployApps();
        for (uint256 i = 0; i < OWNERS; ++i) {
            registerApp(i);
        }
    }

    /// @dev The stage is set once, above; fuzzing calls this too.
    function setUp() public override {}

    // Owners

    function registerApp(uint256 who) public {
        if (ids.length == MAX_APPS) return;
        address owner = ownerOf(who);
        AppId id = registerApp(owner, bytes32(++salt), domainOf(salt));
        ids.push(id);
        books[id].owner = owner;
        books[id].domainHash = keccak256(bytes(domainOf(salt)));
    }

    function updateApp(uint256 which, uint256 domain) external {
        AppId id = idOf(which);
        bytes32 domainHash = keccak256(bytes(domainOf(domain)));
        vm.prank(books[id].owner);
        try apps.updateApp(id, NAME, domainOf(domain), METADATA) {
            if (books[id].domainHash != domainHash) books[id].attestor = address(0);
            books[id].domainHash = domainHash;
        } catch {}
    }

    function transferApp(uint256 which, uint256 who) external {
        AppId id = idOf(which);
        vm.prank(books[id].owner);
        try apps.transferApp(id, ownerOf(who)) {
            vm.prank(ownerOf(who));
            apps.acceptApp(id);
            books[id].owner = ownerOf(who);
            books[id].attestor = address(0);
            for (uint256 i = 0; i < ACCOUNTS; ++i) {
                asked[id][accountOf(i)] = false;
                if (agreed[accountOf(i)] == id) agreed[accountOf(i)] = NONE;
            }
        } catch {}
    }

    /// @dev Seldom, or nothing lives long.
    function retireApp(uint256 which) external {
        if (which % 5 != 0) return;
        AppId id = idOf(which / 5);
        vm.prank(books[id].owner);
        try apps.retireApp(id) {
            books[id].retired = true;
            books[id].attestor = address(0);
            for (uint256 i = 0; i < ACCOUNTS; ++i) {
                if (agreed[accountOf(i)] == id) agreed[accountOf(i)] = NONE;
            }
        } catch {}
    }

    function setAccount(uint256 which, uint256 who, bool allow) external {
        AppId id = idOf(which);
        address account = accountOf(who);
        vm.prank(books[id].owner);
        try apps.setAccount(id, account, allow) {
            asked[id][account] = allow;
            if (!allow && agreed[account] == id) agreed[account] = NONE;
        } catch {}
    }

    // Accounts

    function acceptAccount(uint256 which, uint256 who) external {
        AppId id = idOf(which);
        vm.prank(accountOf(who));
        try apps.acceptAccount(id) {
            joined(id, accountOf(who));
        } catch {}
    }

    function acceptAccountBySig(uint256 which, uint256 who) external {
        AppId id = idOf(which);
        AppConsent memory consent = AppConsent({
            appId: id,
            account: accountOf(who),
            owner: books[id].owner,
            nonce: apps.consentNonceOf(accountOf(who)),
            deadline: uint40(block.timestamp + 2 days)
        });
        Consented memory consented = Consented(consent, signConsent(consent, accountKeyOf(who)));
        consents.push(consented);
        try apps.acceptAccountBySig(id, consent.account, consent.deadline, consented.signed) {
            joined(id, consent.account);
        } catch {}
    }

    /// @dev What an account signed before its last joining or leaving must be dead.
    function consentAgain(uint256 which) external {
        if (consents.length == 0) return;
        Consented memory old = consents[which % consents.length];
        bool stale = apps.consentNonceOf(old.consent.account) != old.consent.nonce
            || books[old.consent.appId].owner != old.consent.owner;
        try apps.acceptAccountBySig(old.consent.appId, old.consent.account, old.consent.deadline, old.signed) {
            if (stale) staleConsentTaken = true;
            joined(old.consent.appId, old.consent.account);
        } catch {}
    }

    function leaveApp(uint256 who) external {
        vm.prank(accountOf(who));
        try apps.leaveApp() {
            agreed[accountOf(who)] = NONE;
        } catch {}
    }

    // Attestors and governance

    function attestDomain(uint256 which, uint256 who, uint256 age, uint256 lifetime) external {
        AppId id = idOf(which);
        DomainProof memory proof = DomainProof({
            appId: id,
            domainHash: books[id].domainHash,
            owner: books[id].owner,
            checkedAt: uint40(block.timestamp - bound(age, 0, 30 hours)),
            expiresAt: uint40(block.timestamp + bound(lifetime, 1, 4 days)),
            evidenceHash: "evidence"
        });
        Sent memory made = Sent(proof, attestorOf(who), signProof(proof, attestorKeyOf(who)));
        proofs.push(made);
        send(made);
    }

    function attestAgain(uint256 which) external {
        if (proofs.length != 0) send(proofs[which % proofs.length]);
    }

    function revokeDomainProof(uint256 which, bool byOwner) external {
        AppId id = idOf(which);
        vm.prank(byOwner ? books[id].owner : apps.proofOf(id).attestor);
        try apps.revokeDomainProof(id) {
            books[id].attestor = address(0);
        } catch {}
    }

    function allowAttestor(uint256 who) external {
        address attestor = attestorOf(who);
        try apps.allowAttestor(attestor) {
            if (removed[attestor]) removedCameBack = true;
            allowed[attestor] = true;
        } catch {}
    }

    /// @dev Seldom: it is for ever.
    function removeAttestor(uint256 who) external {
        if (who % 13 != 0) return;
        address attestor = attestorOf(who / 13);
        try apps.removeAttestor(attestor) {
            allowed[attestor] = false;
            removed[attestor] = true;
        } catch {}
    }

    function wait(uint256 seconds_) external {
        vm.warp(block.timestamp + bound(seconds_, 1, 12 hours));
    }

    // What the invariants ask

    /// @dev Both ways: proved exactly where the book says so.
    function provedAsByTheBook() external view returns (bool) {
        for (uint256 i = 0; i < ids.length; ++i) {
            Book storage book = books[ids[i]];
            bool wanted = allowed[book.attestor] && block.timestamp < book.expiresAt;
            if (isProved(ids[i]) != wanted) return false;
            App memory app = apps.appById(ids[i]);
            if (app.owner != book.owner || keccak256(bytes(app.domain)) != book.domainHash) return false;
        }
        return true;
    }

    /// @dev Both ways, too: an account acts for the one app that it agreed to and that still wants it.
    function accountsAsByTheBook() external view returns (bool) {
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            if (apps.appOf(accountOf(i)) != agreed[accountOf(i)]) return false;
        }
        return true;
    }

    function retiredStayRetired() external view returns (bool) {
        for (uint256 i = 0; i < ids.length; ++i) {
            if (!books[ids[i]].retired) continue;
            if (apps.appById(ids[i]).status != AppStatus.Retired || isProved(ids[i])) return false;
            for (uint256 k = 0; k < ACCOUNTS; ++k) {
                if (apps.appOf(accountOf(k)) == ids[i]) return false;
            }
        }
        return true;
    }

    function countProved() external view returns (uint256 count) {
        for (uint256 i = 0; i < ids.length; ++i) {
            if (isProved(ids[i])) ++count;
        }
    }

    function countJoined() external view returns (uint256 count) {
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            if (apps.appOf(accountOf(i)) != NONE) ++count;
        }
    }

    function countRetired() external view returns (uint256 count) {
        for (uint256 i = 0; i < ids.length; ++i) {
            if (books[ids[i]].retired) ++count;
        }
    }

    function send(Sent memory sent) private {
        Book storage book = books[sent.proof.appId];
        bool stale = sent.proof.checkedAt <= book.checkedAt || book.retired || !allowed[sent.attestor]
            || sent.proof.owner != book.owner || sent.proof.domainHash != book.domainHash;
        try apps.attestDomain(sent.proof, sent.attestor, sent.signed) {
            if (stale) staleProofTaken = true;
            book.attestor = sent.attestor;
            book.checkedAt = sent.proof.checkedAt;
            book.expiresAt = sent.proof.expiresAt;
        } catch {}
    }

    function joined(AppId id, address account) private {
        // Without both sides' word the account stays where the book has it, and the invariant breaks.
        if (!asked[id][account] || agreed[account] != NONE || books[id].retired) return;
        asked[id][account] = false;
        agreed[account] = id;
    }

    function idOf(uint256 which) private view returns (AppId) {
        return ids[which % ids.length];
    }

    function domainOf(uint256 which) private pure returns (string memory) {
        return string(bytes.concat(bytes1(uint8(0x61 + which % 3)), ".example"));
    }

    function ownerOf(uint256 who) private pure returns (address) {
        return address(uint160(0xd100 + who % OWNERS));
    }

    function accountKeyOf(uint256 who) private pure returns (uint256) {
        return 0xd200 + who % ACCOUNTS;
    }

    function accountOf(uint256 who) private pure returns (address) {
        return vm.addr(accountKeyOf(who));
    }

    function attestorKeyOf(uint256 who) private pure returns (uint256) {
        return 0xd300 + who % ATTESTORS;
    }

    function attestorOf(uint256 who) private pure returns (address) {
        return vm.addr(attestorKeyOf(who));
    }
}
