// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAppRegistry} from "../interfaces/IAppRegistry.sol";
import {AppId} from "../types/Ids.sol";

/// @notice Is this text a domain name as the registry keeps them?
/// @dev Letters `a`-`z`, digits and hyphens (RFC 952, 1123) in one spelling only: lower case, no dot at the end. Other
/// alphabets come as punycode, which is ASCII and passes: this does not know which letters look alike.
library DomainName {
    uint256 internal constant MAX_BYTES = 253;
    uint256 internal constant MAX_LABEL_BYTES = 63;

    function requireValid(AppId appId, string calldata domain) internal pure {
        bytes calldata text = bytes(domain);
        if (text.length > MAX_BYTES) revert IAppRegistry.AppDomainTooLong(appId, text.length, MAX_BYTES);
        uint256 start = 0; // of the label that `i` is in
        for (uint256 i = 0; i < text.length; ++i) {
            bytes1 c = text[i];
            if (c == ".") {
                if (i == start || text[i - 1] == "-") revert IAppRegistry.AppDomainMalformed(appId, i);
                start = i + 1;
            } else if (i - start == MAX_LABEL_BYTES || !_isLdh(c) || (c == "-" && i == start)) {
                revert IAppRegistry.AppDomainMalformed(appId, i);
            }
        }
        // The last label: there is another before it, it is not empty, and it starts with a letter. Whatever a URL parser
        // takes for an IPv4 address (1.2.3.4, 1.2.772, 127.0.0.0x1) ends in a label that starts with a digit.
        if (start == 0 || start == text.length || !_isLetter(text[start]) || text[text.length - 1] == "-") {
            revert IAppRegistry.AppDomainMalformed(appId, text.length);
        }
    }

    function _isLdh(bytes1 c) private pure returns (bool) {
        return _isLetter(c) || (c >= "0" && c <= "9") || c == "-";
    }

    function _isLetter(bytes1 c) private pure returns (bool) {
        return c >= "a" && c <= "z";
    }
}
