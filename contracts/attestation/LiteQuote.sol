// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev A DCAP quote without its certificates, and the platform's key in their place:
/// `signed ‖ signature:64 ‖ attestation key:64 ‖ QE report:384 ‖ QE signature:64 ‖ QE authentication data:32 ‖ PCK key:64`,
/// where `signed` is, as in the quote, 432 bytes (SGX, version 3), 632 (TDX, version 4), 638 or 702 (TDX 1.0 and 1.5, version
/// 5). Nothing may follow. Numbers in a quote are little endian; r ‖ s and x ‖ y big endian.
library LiteQuote {
    uint256 internal constant HEADER = 48;
    /// @dev Where a version 5 quote begins to say what its body is, and of which size.
    uint256 internal constant BODY_V5 = 54;
    /// @dev All behind `signed`.
    uint256 internal constant TAIL = 672;

    // Offsets in the tail.
    uint256 internal constant ATTESTATION_KEY = 64;
    uint256 internal constant QE_REPORT = 128;
    uint256 internal constant QE_SIGNATURE = 512;
    uint256 internal constant QE_AUTHENTICATION = 576;
    uint256 internal constant PCK = 608;

    // Offsets in an SGX report, which a QE report is too.
    uint256 internal constant MISC_SELECT = 16;
    uint256 internal constant ATTRIBUTES = 48;
    uint256 internal constant MR_ENCLAVE = 64;
    uint256 internal constant MR_SIGNER = 128;
    uint256 internal constant ISV_PROD_ID = 256;
    uint256 internal constant ISV_SVN = 258;
    uint256 internal constant SGX_REPORT_DATA = 320;

    // Offsets in the body of a TD quote.
    uint256 internal constant MR_SIGNER_SEAM = 64;
    uint256 internal constant TD_ATTRIBUTES = 120;
    /// @dev Of what is measured: from TD_ATTRIBUTES to the end of RTMR2.
    uint256 internal constant TD_MEASURED_END = 472;
    uint256 internal constant TD_REPORT_DATA = 520;
    uint256 internal constant TD10_SIZE = 584;
    uint256 internal constant MR_SERVICE_TD = 600;
    uint256 internal constant TD15_SIZE = 648;


    /// @return end of what is signed; 0 where the bytes are no lite quote.
    /// @return body where it begins.
    /// @return tdx of a TD, not of an SGX enclave.
    function dissect(bytes calldata quote) internal pure returns (uint256 end, uint256 body, bool tdx) {
        if (quote.length < HEADER + TAIL) return (0, 0, false);
        // Two halves: a version of a TEE, then who made the quoting enclave.
        bytes12 head = bytes12(quote[:12]);
        if (bytes16(quote[12:28]) != bytes16(0x939a7233f79c4ca9940a0db3957f0607)) return (0, 0, false);
        bytes8 kind = bytes8(head);
        body = HEADER;
        if (kind == 0x0300020000000000) {
            end = HEADER + 384;
        } else if (head == 0x040002008100000000000000) {
            (end, tdx) = (HEADER + TD10_SIZE, true);
        } else if (head == 0x050002008100000000000000) {
            bytes6 described = bytes6(quote[HEADER:BODY_V5]);
            (body, tdx) = (BODY_V5, true);
            if (described == 0x020048020000) end = BODY_V5 + TD10_SIZE;
            else if (described == 0x030088020000) end = BODY_V5 + TD15_SIZE;
        }
        if (quote.length != end + TAIL) end = 0;
    }
}
