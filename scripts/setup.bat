@echo off
rem Builds the gateway and its echo server, then lets the gateway set itself up. It may run any number of times.
rem
rem   scripts\setup.bat [--client NAME]... [--undo]
rem
rem Takes every option of `secure-mcp-gateway setup`; see there, with --help. Nothing is asked.
setlocal

cd /d "%~dp0.." || exit /b 1

where cargo >nul 2>nul
if errorlevel 1 if exist "%USERPROFILE%\.cargo\bin\cargo.exe" set "PATH=%USERPROFILE%\.cargo\bin;%PATH%"
where cargo >nul 2>nul
if errorlevel 1 (
  echo error: `cargo` is not installed, and the gateway is built with it>&2
  echo hint: get Rust from https://rustup.rs, open a new terminal, and run this again>&2
  exit /b 1
)

cargo build --release --locked --bins --example echo_mcp
if errorlevel 1 exit /b 1

if not defined CARGO_TARGET_DIR set "CARGO_TARGET_DIR=target"
"%CARGO_TARGET_DIR%\release\secure-mcp-gateway.exe" setup %*
exit /b %errorlevel%
