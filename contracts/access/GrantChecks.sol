// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IGrantRegistry, TermsField} from "../interfaces/IGrantRegistry.sol";
import {GrantHash} from "../types/Ids.sol";
import {GRANT_COMPUTE, GRANT_READ, Terms, TermsLib} from "../types/Terms.sol";
import {TermsWord} from "../types/TermsWord.sol";

/// @dev What GrantRegistry asks of new terms that can be said of them alone. Zero never means "everything".
library GrantChecks {
    using TermsLib for Terms;

    function requireMeaningful(GrantHash grantHash, Terms calldata terms, uint256 readDelay) internal view {
        _requireFields(grantHash, terms);
        _requireClean(grantHash, terms);
        if (terms.notBefore >= terms.expiresAt) {
            revert IGrantRegistry.GrantPeriodEmpty(grantHash, terms.notBefore, terms.expiresAt);
        }
        if (block.timestamp >= terms.expiresAt) {
            revert IGrantRegistry.GrantAlreadyExpired(grantHash, terms.expiresAt, block.timestamp);
        }
        if (terms.measurementEpoch > block.timestamp) {
            revert IGrantRegistry.GrantMeasurementEpochAhead(grantHash, terms.measurementEpoch, block.timestamp);
        }
        if (terms.kind == GRANT_READ) {
            uint256 earliest = block.timestamp + readDelay;
            if (terms.notBefore < earliest) {
                revert IGrantRegistry.GrantReadTooSoon(grantHash, terms.notBefore, earliest);
            }
        } else if (terms.kind != GRANT_COMPUTE) {
            revert IGrantRegistry.GrantKindUnsupported(grantHash, terms.kind);
        }
    }

    /// @dev Of words that nothing else here reads: the hash covers words, and a wallet signs values.
    function _requireClean(GrantHash grantHash, Terms calldata terms) private pure {
        uint256 amounts = terms.word(TermsWord.PRICE) | terms.word(TermsWord.MIN_STAKE);
        if (amounts >> 96 != 0 || terms.word(TermsWord.REQUESTER_MAY_NAME_NODE) > 1) {
            revert IGrantRegistry.GrantWordDirty(grantHash);
        }
    }

    function _requireFields(GrantHash grantHash, Terms calldata terms) private pure {
        if (terms.grantee == address(0)) revert IGrantRegistry.GrantFieldZero(grantHash, TermsField.Grantee);
        if (terms.token == address(0)) revert IGrantRegistry.GrantFieldZero(grantHash, TermsField.Token);
        if (terms.maxUses == 0) revert IGrantRegistry.GrantFieldZero(grantHash, TermsField.MaxUses);
        if (terms.maxOutputBytes == 0) revert IGrantRegistry.GrantFieldZero(grantHash, TermsField.MaxOutputBytes);
        if (terms.nodePolicy.verifierKinds == 0) {
            revert IGrantRegistry.GrantFieldZero(grantHash, TermsField.VerifierKinds);
        }
        if (terms.nodePolicy.vendors == 0) revert IGrantRegistry.GrantFieldZero(grantHash, TermsField.Vendors);
        if (terms.scopeHash == 0) revert IGrantRegistry.GrantFieldZero(grantHash, TermsField.ScopeHash);
    }
}
