// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {INodeMetadata} from "../../../contracts/interfaces/INodeMetadata.sol";
import {ClaimOutcome, Node, NodeStatus} from "../../../contracts/interfaces/INodeRegistry.sol";
import {NodeId} from "../../../contracts/types/Ids.sol";
import {NodeKit} from "../helpers/NodeKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev What a wallet shows: facts of the chain, and no text that somebody chose.
contract NodeMetadataTest is NodeKit {
    string private constant PREFIX = "data:application/json;base64,";
    string private constant MARKUP = "https://x\"}],\"image\":\"<script>alert(1)</script>";

    function test_tokenURI() public {
        openClaim();
        closeClaim(ClaimOutcome.Settled, 7, REQUESTER, 0);
        openClaim();
        closeClaim(ClaimOutcome.TimedOutAgain);
        expectJson(
            jsonOf(1),
            string.concat(
                '{"name":"Persona Node 1","description":"A compute node of Persona Protocol. ',
                'Soulbound: it stays with its operator.","attributes":[',
                '{"trait_type":"status","value":"active"},',
                '{"trait_type":"operator","value":"0x000000000000000000000000000000000000b002"},',
                '{"trait_type":"stake","value":"1000000000000000000000"},',
                '{"trait_type":"weight","value":"500000000000000000000"},',
                '{"trait_type":"roles","value":"7"},',
                '{"trait_type":"settled","value":"1"},',
                '{"trait_type":"failed","value":"1"},',
                '{"trait_type":"burned","value":"70000000000000000"}]}'
            )
        );
    }

    function test_tokenURI_FollowsTheStatus() public {
        yes(contains(jsonOf(1), '"active"'));
        drain();
        yes(contains(jsonOf(1), '"draining"'));
        exit();
        yes(contains(jsonOf(1), '"exiting"'));
        vm.warp(START + 14 days);
        withdraw();
        yes(contains(jsonOf(1), '"exited"'));
    }

    function test_RevertWhen_TokenIsUnknown() public {
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, 2));
        IERC721Metadata(address(nodes)).tokenURI(2);
        // No id is cut to 32 bits.
        uint256 beyond = 2 ** 32 + 1;
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, beyond));
        IERC721Metadata(address(nodes)).tokenURI(beyond);
    }

    function test_Attack_MarkupInTheEndpoint() public {
        bytes32 before = keccak256(jsonOf(1));
        vm.prank(OPERATOR);
        nodes.setEndpoint(nodeId, MARKUP);
        eq(keccak256(bytes(node().endpoint)), keccak256(bytes(MARKUP)));
        eq(keccak256(jsonOf(1)), before);
        yes(!contains(jsonOf(1), "alert"));
    }

    function testFuzz_Attack_EndpointNeverShows(string calldata endpoint) public {
        vm.assume(bytes(endpoint).length <= 256);
        bytes32 before = keccak256(jsonOf(1));
        vm.prank(OPERATOR);
        nodes.setEndpoint(nodeId, endpoint);
        eq(keccak256(jsonOf(1)), before);
    }

    /// Whatever the numbers, the text holds no character that JSON or HTML would read.
    function testFuzz_uriOf(uint32 id, address operator, uint256 burned, uint8 status, string calldata endpoint)
        public
    {
        Node memory made;
        made.operator = operator;
        made.stake = uint96(burned);
        made.burned = burned;
        made.weight = ~burned;
        made.settled = uint24(burned);
        made.status = NodeStatus(status % 5);
        made.endpoint = endpoint;
        INodeMetadata metadata = INodeMetadata(make("compute", "NodeMetadata", ""));
        bytes memory json = decode(metadata.uriOf(NodeId.wrap(id), made));
        uint256 quotes = 0;
        uint256 braces = 0;
        for (uint256 i = 0; i < json.length; ++i) {
            bytes1 char = json[i];
            yes(char >= 0x20 && char < 0x7f && char != "<" && char != ">" && char != "&" && char != "\\");
            if (char == '"') ++quotes;
            if (char == "{" || char == "}") ++braces;
        }
        // Name, description and attributes: 5 strings; 8 attributes of 4 strings each.
        eq(quotes, 2 * (5 + 8 * 4));
        eq(braces, 2 * 9);
    }

    function jsonOf(uint256 id) private view returns (bytes memory) {
        return decode(IERC721Metadata(address(nodes)).tokenURI(id));
    }

    function expectJson(bytes memory got, string memory wanted) private pure {
        eq(keccak256(got), keccak256(bytes(wanted)));
    }

    /// @dev Base64 after the prefix, from the alphabet alone.
    function decode(string memory uri) private pure returns (bytes memory json) {
        bytes memory text = bytes(uri);
        uint256 start = bytes(PREFIX).length;
        for (uint256 i = 0; i < start; ++i) {
            yes(text[i] == bytes(PREFIX)[i]);
        }
        uint256 length = text.length - start;
        eq(length % 4, 0);
        uint256 padding = text[text.length - 2] == "=" ? 2 : text[text.length - 1] == "=" ? 1 : 0;
        json = new bytes((length / 4) * 3 - padding);
        uint256 bits = 0;
        for (uint256 i = 0; i < length; ++i) {
            bits = (bits << 6) | sextet(text[start + i]);
            if (i % 4 != 3) continue;
            uint256 place = (i / 4) * 3;
            for (uint256 j = 0; j < 3 && place + j < json.length; ++j) {
                json[place + j] = bytes1(uint8(bits >> (16 - 8 * j)));
            }
        }
    }

    function sextet(bytes1 char) private pure returns (uint256) {
        uint8 code = uint8(char);
        if (char >= "A" && char <= "Z") return code - 65;
        if (char >= "a" && char <= "z") return code - 71;
        if (char >= "0" && char <= "9") return code + 4;
        if (char == "+") return 62;
        if (char == "/") return 63;
        yes(char == "=");
        return 0;
    }

    function contains(bytes memory text, string memory part) private pure returns (bool) {
        bytes memory wanted = bytes(part);
        for (uint256 i = 0; i + wanted.length <= text.length; ++i) {
            uint256 j = 0;
            while (j < wanted.length && text[i + j] == wanted[j]) ++j;
            if (j == wanted.length) return true;
        }
        return false;
    }
}
